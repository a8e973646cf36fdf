import { independentBatches } from "./batch-means.ts";
import type { Controls } from "./control-variates.ts";
import { type Interval, studentInterval } from "./interval.ts";
import { PooledOrder } from "./pooled-order.ts";
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
  const sorted = new PooledOrder([Float64Array.from(series).sort()]);
  const estimate = sorted.quantile(probability);
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
  return sortedQuantileInterval(
    replications.map((values) => Float64Array.from(values).sort()),
    probability,
    level,
  );
}

/** Steps of the search for the sample quantile that controls point to: each is several times nearer than the one before. */
const mostSteps = 20;

/**
 * The same of replications whose observations are in ascending order already. Controls move the share that lies below any value, and so
 * point to another sample quantile than the one asked for (Hesterberg and Nelson 1998).
 */
export function sortedQuantileInterval(
  replications: readonly Float64Array[],
  probability: number,
  level = 0.95,
  controls: Controls = [],
): Interval {
  const sorted = new PooledOrder(replications);
  const orders = replications.map((values) => new PooledOrder([values]));
  const counts = replications.map((values) => values.length);
  const shareBelow = (limit: number) =>
    ratioInterval(
      orders.map((order) => order.countAtMost(limit)),
      counts,
      level,
      controls,
    );
  let place = probability;
  let estimate = sorted.quantile(place);
  let reached = shareBelow(estimate);
  for (let step = 0; controls.length > 0 && step < mostSteps; step++) {
    const gap = probability - reached.estimate;
    if (Math.abs(gap) * sorted.count < 1) break;
    place += gap;
    estimate = sorted.quantile(place);
    reached = shareBelow(estimate);
  }
  return readBack(sorted, place, estimate, reached);
}

/** An interval that would need values beyond the largest seen, or whose quantile is that value, ends there and is not trusted. */
function readBack(sorted: PooledOrder, probability: number, estimate: number, reached: Interval): Interval {
  const half = (reached.high - reached.low) / 2;
  const seenBeyond = half > 0 || sorted.least === sorted.greatest;
  return {
    ...reached,
    estimate,
    low: sorted.quantile(probability - half),
    high: sorted.quantile(probability + half),
    trusted: reached.trusted && seenBeyond && probability - half > 0 && probability + half < 1,
  };
}
