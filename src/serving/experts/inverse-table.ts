import type { IntegerLaw } from "../../bounds/moe/integer-law.ts";
import { normalQuantile } from "../../core/normal.ts";

/** Draws from a tabulated law by inversion: one random number in, one value out, in constant expected time. */
export interface InverseTable {
  /** The value at a random number: increasing in it. */
  valueAt(random: number): number;
  readonly bytes: number;
}

/** Of uniform numbers in [0, 1): the smallest value whose distribution function exceeds the number. */
export function inverseTable(law: IntegerLaw): InverseTable {
  const limits = cumulative(law);
  return guided(law.first, limits, 0, 1, limits.length);
}

/** Of standard normal numbers: the law is that of their distribution function under `inverseTable`. */
export function normalInverseTable(law: IntegerLaw): InverseTable {
  // Beyond 8.3 standard deviations lie less than one in 2^53 numbers.
  return guided(law.first, cumulative(law).map(normalQuantile), -8.3, 8.3, 256);
}

/**
 * Finds the first limit above a number, by a guide to where each of equal slices of `[low, high)` starts (Chen and Asau 1974).
 * The few numbers outside are looked for from the first limit on.
 */
function guided(first: number, limits: Float64Array, low: number, high: number, slices: number): InverseTable {
  limits[limits.length - 1] = Number.POSITIVE_INFINITY;
  const perUnit = slices / (high - low);
  const guide = new Int32Array(slices);
  for (let slice = 0, i = 0; slice < slices; slice++) {
    while (limits[i]! <= low + slice / perUnit) i++;
    guide[slice] = i;
  }
  return {
    valueAt(random) {
      let i = guide[Math.floor((random - low) * perUnit)] ?? 0;
      while (limits[i]! <= random) i++;
      return first + i;
    },
    bytes: guide.byteLength + limits.byteLength,
  };
}

function cumulative({ probabilities }: IntegerLaw): Float64Array {
  let sum = 0;
  return probabilities.map((p) => {
    sum += p;
    return sum;
  });
}
