import type { Moments } from "../request-moments.ts";
import type { LengthDistribution } from "./length-distribution.ts";

/** The sums of `k^0`, `k^1` and `k^2` times P(L > k) over the whole numbers from 0: `E[L]`, `E[L(L-1)]/2`, `E[L(L-1)(2L-1)]/6`. */
export interface TailSums {
  readonly zeroth: number;
  readonly first: number;
  readonly second: number;
}

/** Up to here every number of tokens is a term of its own; beyond, a term stands for a share of its place that is smaller than 1/2^14. */
const finelySummed = 2 ** 14;

/** The sums for a law of lengths, left off where the rest is below 1e-15 of them. */
export function tailSums({ exceeds, longest }: Pick<LengthDistribution, "exceeds" | "longest">): TailSums {
  let [zeroth, first, second] = [0, 0, 0];
  let width = 1;
  for (let from = 0; from < longest; from += width) {
    width = Math.min(longest - from, Math.max(1, Math.floor(from / finelySummed)));
    const middle = from + (width - 1) / 2;
    const probability = width * exceeds(middle);
    zeroth += probability;
    first += probability * middle;
    second += probability * middle ** 2;
    if (probability * longest ** 3 < 1e-15 * second) break;
  }
  return { zeroth, first, second };
}

/** Mean and variance of a law of lengths. */
export function momentsOf({ zeroth, first }: TailSums): Moments {
  return { mean: zeroth, variance: Math.max(0, 2 * first + zeroth - zeroth ** 2) };
}
