import { expect } from "vitest";
import { replicationInterval } from "../../src/theory/statistics/replications.ts";

/** Expects a figure within the interval of independent runs at this confidence level. */
export function expectCovered(figures: readonly number[], truth: number, level: number): void {
  const interval = replicationInterval(figures, level);
  expect(truth, `${interval.low} ... ${interval.high}`).toBeGreaterThanOrEqual(interval.low);
  expect(truth, `${interval.low} ... ${interval.high}`).toBeLessThanOrEqual(interval.high);
}

/** Smallest value that at least this share of the values does not exceed. */
export function sampleQuantile(values: Float64Array, probability: number): number {
  return Float64Array.from(values).sort()[Math.ceil(probability * values.length) - 1]!;
}

export function average(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  return sum / values.length;
}
