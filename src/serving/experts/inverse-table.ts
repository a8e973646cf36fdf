import type { IntegerLaw } from "../../bounds/moe/integer-law.ts";

/** Draws from a tabulated law by inversion: one uniform number in, one value out, in constant expected time. */
export interface InverseTable {
  /** The smallest value whose distribution function exceeds `uniform`: increasing in it. */
  valueAt(uniform: number): number;
  readonly bytes: number;
}

/** Inversion with a guide to where each of `n` equal slices of [0, 1) starts (Chen and Asau 1974). */
export function inverseTable({ first, probabilities }: IntegerLaw): InverseTable {
  const size = probabilities.length;
  const cumulative = new Float64Array(size);
  let sum = 0;
  for (let i = 0; i < size; i++) {
    sum += probabilities[i]!;
    cumulative[i] = sum;
  }
  cumulative[size - 1] = 1;
  const guide = new Int32Array(size);
  for (let slice = 0, i = 0; slice < size; slice++) {
    while (cumulative[i]! * size <= slice) i++;
    guide[slice] = i;
  }
  return {
    valueAt(uniform) {
      let i = guide[Math.floor(uniform * size)]!;
      while (cumulative[i]! <= uniform) i++;
      return first + i;
    },
    bytes: 12 * size,
  };
}
