import type { PredictedFigure, Quantity, Statistic } from "../theory/catalogue/prediction.ts";
import { type Interval, pValue } from "../theory/statistics/interval.ts";
import { isLatency, isRatio, isShare, type LatencyName, noWaitSeconds, type RatioName } from "./measured-quantities.ts";

/** What the steady parts of one or more runs say of the long run, each figure with its interval. */
export interface SteadyFigures {
  ratio(name: RatioName): Interval;
  /** Over the requests that got what is measured. */
  mean(name: LatencyName): Interval;
  /** The mean over all runs taken as known. */
  variance(name: LatencyName): Interval;
  /** Over all requests, those that never got what is measured counted as beyond any. */
  quantile(name: LatencyName, probability: number): Interval;
  /** Share of all requests that got it within a limit; not to be trusted where it is all or nothing in every run. */
  shareWithin(name: LatencyName, limit: number): Interval;
  /** Whether a share was all or nothing in every run: of so rare an event the spread of runs says nothing. */
  isWhole(name: RatioName): boolean;
}

const probabilities = { p50: 0.5, p90: 0.9, p99: 0.99 } as const;
type Percentile = keyof typeof probabilities;

function isPercentile(statistic: Statistic): statistic is Percentile {
  return statistic in probabilities;
}

/** What runs say of a predicted quantity; undefined for what they do not measure. */
export function measure(figures: SteadyFigures, quantity: Quantity, statistic: Statistic): Interval | undefined {
  if (isLatency(quantity)) {
    if (statistic === "mean") return figures.mean(quantity);
    if (statistic === "variance") return figures.variance(quantity);
    return figures.quantile(quantity, probabilities[statistic]);
  }
  return statistic === "mean" && isRatio(quantity) ? figures.ratio(quantity) : undefined;
}

/**
 * Probability of runs at least so far from a predicted figure, were it right: undefined for what they do not measure, and where
 * they are not to be trusted. Of a percentile the share of requests within it is tested, which takes no reading back.
 * Shares are held against it by their log odds, all else by its logarithm: neither can be negative, and both are skewed (`pValue`).
 */
export function tailProbability(figures: SteadyFigures, figure: PredictedFigure): number | undefined {
  const { quantity, statistic, claim, value } = figure;
  if (isPercentile(statistic)) {
    return isLatency(quantity) ? percentileTail(figures, quantity, probabilities[statistic], value) : undefined;
  }
  const interval = measure(figures, quantity, statistic);
  if (interval === undefined || !interval.trusted || !Number.isFinite(interval.estimate)) return undefined;
  if (isRoundingApart(interval.estimate, value)) return 1;
  if (isShare(quantity) && figures.isWhole(quantity)) return undefined;
  if (claim === "lower bound" && interval.estimate >= value) return 1;
  if (claim === "upper bound" && interval.estimate <= value) return 1;
  return pValue(interval, value, isShare(quantity) ? "log odds" : "logarithm");
}

/** Where many requests have just this latency, their share may lie on both sides of the probability. */
function percentileTail(
  figures: SteadyFigures,
  name: LatencyName,
  probability: number,
  value: number,
): number | undefined {
  const apart = rounding * value + noWaitSeconds;
  const below = figures.shareWithin(name, value - apart);
  const within = figures.shareWithin(name, value + apart);
  const [isAbove, isBelow] = [below.estimate > probability, within.estimate < probability];
  if (!isAbove && !isBelow) return 1;
  const telling = isAbove ? below : within;
  return telling.trusted ? pValue(telling, probability, "log odds") : undefined;
}

export function isRoundingApart(one: number, other: number): boolean {
  return Math.abs(one - other) <= rounding * Math.abs(other);
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
