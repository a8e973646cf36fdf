import { independenceTest } from "./autocorrelation.ts";
import { type Interval, studentInterval } from "./interval.ts";

/** Batch counts tried, largest first: more than 30 gain little, fewer than 10 make Student's factor large. */
const batchCounts = [30, 20, 15, 10];

/** At this significance neighbouring batches pass for independent. */
const significance = 0.1;

/** Equal batches of a series, and whether their means passed for independent. */
export interface Batches {
  readonly means: readonly number[];
  readonly independent: boolean;
}

/**
 * Interval for the long-run mean of a stationary, correlated series by batch means (Conway 1963; Law and Carson 1979).
 * The largest of 30, 20, 15 and 10 batches whose means pass von Neumann's test at 10 % is taken; where none passes the
 * interval has 10 batches and is not trusted: the run is too short for its correlation.
 *
 * @param series one observation after another, warm-up removed
 */
export function batchMeansInterval(series: ArrayLike<number>, level = 0.95): Interval {
  const { means, independent } = independentBatches(series);
  const interval = studentInterval(means, level, "batch means");
  return { ...interval, trusted: interval.trusted && independent };
}

/** Splits a series into the largest number of equal batches whose means pass for independent; what is left at the front is dropped. */
export function independentBatches(series: ArrayLike<number>): Batches {
  for (const count of batchCounts) {
    const means = batchMeans(series, count);
    if (means.length === count && independenceTest(means).pValue > significance) return { means, independent: true };
  }
  return { means: batchMeans(series, batchCounts.at(-1)!), independent: false };
}

/** Means of `count` equal batches of a series (fewer where it has fewer observations); the oldest remainder is dropped. */
export function batchMeans(series: ArrayLike<number>, count: number): number[] {
  const batches = Math.min(count, series.length);
  const size = Math.floor(series.length / batches);
  const start = series.length - batches * size;
  return Array.from({ length: batches }, (_, batch) => {
    let sum = 0;
    for (let i = start + batch * size; i < start + (batch + 1) * size; i++) sum += series[i]!;
    return sum / size;
  });
}
