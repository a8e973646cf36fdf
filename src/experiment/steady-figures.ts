import type { Quantity, Statistic } from "../theory/catalogue/prediction.ts";
import type { Interval } from "../theory/statistics/interval.ts";
import { isLatency, isRatio, type LatencyName, type RatioName } from "./measured-quantities.ts";

/** What the steady parts of one or more runs say of the long run, each figure with its interval. */
export interface SteadyFigures {
  ratio(name: RatioName): Interval;
  /** Over the requests that got what is measured. */
  mean(name: LatencyName): Interval;
  /** The mean over all runs taken as known. */
  variance(name: LatencyName): Interval;
  /** Over all requests, those that never got what is measured counted as beyond any. */
  quantile(name: LatencyName, probability: number): Interval;
}

const probabilities = { p50: 0.5, p90: 0.9, p99: 0.99 } as const;

/** What runs say of a predicted quantity; undefined for what they do not measure. */
export function measure(figures: SteadyFigures, quantity: Quantity, statistic: Statistic): Interval | undefined {
  if (isLatency(quantity)) {
    if (statistic === "mean") return figures.mean(quantity);
    if (statistic === "variance") return figures.variance(quantity);
    return figures.quantile(quantity, probabilities[statistic]);
  }
  return statistic === "mean" && isRatio(quantity) ? figures.ratio(quantity) : undefined;
}

/** Figures whose spread is smaller than this share of them differ by rounding alone. */
const rounding = 1e-9;

/**
 * An interval that knows how many of its runs let their warm-up be told: where a few did not, half of each of those was left out, which
 * costs data and not trust. What is constant but for rounding needs no trust.
 */
export function trusted(interval: Interval, runs: readonly { readonly settled: boolean }[]): Interval {
  if (interval.high - interval.low <= 2 * rounding * Math.abs(interval.estimate)) return { ...interval, trusted: true };
  const settled = runs.filter((run) => run.settled).length;
  return { ...interval, trusted: interval.trusted && 2 * settled > runs.length };
}
