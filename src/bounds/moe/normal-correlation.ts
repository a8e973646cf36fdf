import { normalCdf, normalDensity, normalQuantile } from "../../core/normal.ts";
import { type IntegerLaw, lawVariance } from "./integer-law.ts";

const orders = 64;

/**
 * The correlation that two standard normal numbers must have for the values of `law` that they stand for (at the same quantiles)
 * to have the correlation `wanted` in [0, 1]. The values lie on a lattice and lose some of it: with `w_n` the share of Hermite's
 * polynomial of order `n` in their variance, they keep `Σ w_n·r^n` of `r` (Mehler's formula).
 */
export function normalCorrelation(law: IntegerLaw, wanted: number): number {
  if (law.probabilities.length === 1) return 0;
  const shares = hermiteShares(law);
  let [low, high] = [wanted, 1];
  for (let halving = 0; halving < 50; halving++) {
    const middle = (low + high) / 2;
    if (keptOf(middle, shares) < wanted) low = middle;
    else high = middle;
  }
  return high;
}

/**
 * `Σ w_n·r^n`. Of a law of steps the shares beyond those given fall as `n^(-3/2)`, so that they keep
 * `exp(-x) - 2·sqrt(π·x)·Φ(-sqrt(2·x))` of their sum, with `x = -n·log(r)` at the last order.
 */
function keptOf(r: number, shares: Float64Array): number {
  let power = 1;
  let kept = 0;
  let rest = 1;
  for (const share of shares) {
    power *= r;
    kept += share * power;
    rest -= share;
  }
  const x = -(orders + 0.5) * Math.log(r);
  return kept + rest * (Math.exp(-x) - 2 * Math.sqrt(Math.PI * x) * normalCdf(-Math.sqrt(2 * x)));
}

/** Shares of orders 1, 2, …: the coefficient of order `n` is `Σ φ(z)·h_(n-1)(z)/sqrt(n)` over the normal quantiles `z` of the law's steps. */
function hermiteShares(law: IntegerLaw): Float64Array {
  const coefficients = new Float64Array(orders);
  let below = 0;
  for (const probability of law.probabilities.subarray(0, -1)) {
    below += probability;
    const z = normalQuantile(below);
    if (!Number.isFinite(z)) continue;
    const density = normalDensity(z);
    let previous = 0;
    let polynomial = 1;
    for (let n = 1; n <= orders; n++) {
      coefficients[n - 1]! += (density * polynomial) / Math.sqrt(n);
      const next = (z * polynomial - Math.sqrt(n - 1) * previous) / Math.sqrt(n);
      previous = polynomial;
      polynomial = next;
    }
  }
  const variance = lawVariance(law);
  return coefficients.map((coefficient) => (coefficient * coefficient) / variance);
}
