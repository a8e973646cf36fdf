/** Density of the standard normal law. */
export function normalDensity(x: number): number {
  return Math.exp(-0.5 * x * x) / Math.sqrt(2 * Math.PI);
}

/**
 * Distribution function of the standard normal law, to a relative error of about 1e-14 in the lower tail too.
 * Near zero by the series `1/2 + φ(x)·Σ x^(2k+1)/(1·3·5···(2k+1))`, in the tails by Laplace's continued fraction
 * (Abramowitz and Stegun 26.2.11 and 26.2.14).
 */
export function normalCdf(x: number): number {
  if (x > 0) return 1 - normalCdf(-x);
  return x < -3 ? lowerTail(-x) : 0.5 - normalDensity(x) * oddSeries(-x);
}

/**
 * The `x` at which the standard normal distribution function is `probability`; infinite at 0 and 1.
 * Newton's method on the logarithm of the distribution function, which is concave: from the left it never overshoots.
 */
export function normalQuantile(probability: number): number {
  if (probability > 0.5) return -normalQuantile(1 - probability);
  if (probability <= 0) return Number.NEGATIVE_INFINITY;
  let x = -Math.sqrt(-2 * Math.log(2 * probability));
  for (let step = 1; step > 1e-15 * (1 + Math.abs(x)); ) {
    const below = normalCdf(x);
    step = (Math.log(probability / below) * below) / normalDensity(x);
    x += step;
  }
  return x;
}

function oddSeries(x: number): number {
  let term = x;
  let sum = x;
  for (let k = 1; term > 1e-18 * sum; k++) {
    term *= (x * x) / (2 * k + 1);
    sum += term;
  }
  return sum;
}

function lowerTail(x: number): number {
  let fraction = x;
  for (let k = 80; k >= 1; k--) fraction = x + k / fraction;
  return normalDensity(x) / fraction;
}
