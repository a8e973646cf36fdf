import { gammaln } from "simple-statistics";

/**
 * Regularised incomplete beta function `I_x(a, b)`: the probability that a Beta(a, b) variable is at most `x`.
 * Continued fraction (Abramowitz and Stegun 26.5.8) evaluated by Lentz's method, on the side where it converges quickly.
 */
export function incompleteBeta(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  if (x > (a + 1) / (a + b + 2)) return 1 - incompleteBeta(1 - x, b, a);
  const front = Math.exp(gammaln(a + b) - gammaln(a) - gammaln(b) + a * Math.log(x) + b * Math.log1p(-x)) / a;
  return front / lentz((k) => coefficient(k, x, a, b));
}

function coefficient(k: number, x: number, a: number, b: number): number {
  const m = Math.floor(k / 2);
  return k % 2 === 0
    ? (m * (b - m) * x) / ((a + k - 1) * (a + k))
    : (-(a + m) * (a + b + m) * x) / ((a + k - 1) * (a + k));
}

/** `1 + c(1)/(1 + c(2)/(1 + ...))`. */
function lentz(coefficientAt: (k: number) => number): number {
  let value = 1;
  let numerator = 1;
  let denominator = 0;
  for (let k = 1; k < 10_000; k++) {
    const c = coefficientAt(k);
    denominator = 1 / (1 + c * denominator);
    numerator = 1 + c / numerator;
    const factor = numerator * denominator;
    value *= factor;
    if (Math.abs(factor - 1) < 1e-16) break;
  }
  return value;
}
