import { independentBatches } from "./batch-means.ts";
import { type Interval, studentInterval } from "./interval.ts";
import { ratioInterval } from "./replications.ts";

/**
 * Interval for a quantile of a stationary, correlated series: batch means of "at most the sample quantile" give an
 * interval for the probability reached there, and its ends are read back through the sample's own quantiles (Iglehart
 * 1976; Heidelberger and Lewis 1984). Batches are chosen as for means.
 *
 * @param series one observation after another, warm-up removed
 * @param probability such as 0.99
 */
export function quantileInterval(series: ArrayLike<number>, probability: number, level = 0.95): Interval {
  const sorted = Float64Array.from(series).sort();
  const estimate = sampleQuantile(sorted, probability);
  const reached = new Uint8Array(series.length);
  for (let i = 0; i < series.length; i++) reached[i] = series[i]! <= estimate ? 1 : 0;
  const { means, independent } = independentBatches(reached);
  const interval = studentInterval(means, level, "batch means");
  return readBack(sorted, probability, estimate, { ...interval, trusted: interval.trusted && independent });
}

/**
 * Interval for a quantile of all observations of independent replications, which may differ in length: the share of
 * observations at most the pooled sample quantile is a ratio of means over replications, read back as for batches.
 */
export function replicatedQuantileInterval(
  replications: readonly ArrayLike<number>[],
  probability: number,
  level = 0.95,
): Interval {
  const sorted = pooled(replications).sort();
  const estimate = sampleQuantile(sorted, probability);
  const reached = replications.map((values) => countAtMost(values, estimate));
  const interval = ratioInterval(
    reached,
    replications.map((values) => values.length),
    level,
  );
  return readBack(sorted, probability, estimate, interval);
}

/** The `⌈n·p⌉`-th smallest of `n` sorted values. */
function sampleQuantile(sorted: Float64Array, probability: number): number {
  const rank = Math.ceil(probability * sorted.length);
  return sorted[Math.min(Math.max(rank, 1), sorted.length) - 1]!;
}

/** An interval that would need values beyond the largest seen, or whose quantile is that value, ends there and is not trusted. */
function readBack(sorted: Float64Array, probability: number, estimate: number, reached: Interval): Interval {
  const half = (reached.high - reached.low) / 2;
  const seenBeyond = half > 0 || sorted[0] === sorted.at(-1);
  return {
    ...reached,
    estimate,
    low: sampleQuantile(sorted, probability - half),
    high: sampleQuantile(sorted, probability + half),
    trusted: reached.trusted && seenBeyond && probability - half > 0 && probability + half < 1,
  };
}

function pooled(groups: readonly ArrayLike<number>[]): Float64Array {
  const all = new Float64Array(groups.reduce((sum, group) => sum + group.length, 0));
  let start = 0;
  for (const group of groups) {
    all.set(group, start);
    start += group.length;
  }
  return all;
}

function countAtMost(values: ArrayLike<number>, limit: number): number {
  let count = 0;
  for (let i = 0; i < values.length; i++) if (values[i]! <= limit) count++;
  return count;
}
