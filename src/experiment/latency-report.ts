import type { Histogram } from "../core/histogram.ts";
import { type Estimate, estimate, finite, type Measured } from "./estimate.ts";

/** A percentile over all requests; where it falls among those turned away its value is null and `notServed` says why. */
export interface Percentile extends Estimate {
  readonly notServed: boolean;
}

/** The distribution of a latency over requests (ITL: over tokens), in seconds. */
export interface LatencyReport {
  /** Values measured; mean and greatest are over them alone. */
  readonly count: number;
  /** Rejected requests, which percentiles rank beyond every value. */
  readonly notServed: number;
  readonly mean: Estimate;
  readonly p50: Percentile;
  readonly p90: Percentile;
  readonly p99: Percentile;
  readonly greatest: number | null;
}

/** Draws up a latency from the histogram that each stretch of a run keeps of it. */
export function latencyReport<Part>(measured: Measured<Part>, histogramOf: (part: Part) => Histogram): LatencyReport {
  const histogram = histogramOf(measured.total);
  const percentile = (q: number): Percentile => ({
    ...estimate(measured, (part) => histogramOf(part).quantile(q)),
    notServed: histogram.quantile(q) === Number.POSITIVE_INFINITY,
  });
  return {
    count: histogram.count,
    notServed: histogram.missing,
    mean: estimate(measured, (part) => histogramOf(part).mean),
    p50: percentile(0.5),
    p90: percentile(0.9),
    p99: percentile(0.99),
    greatest: finite(histogram.greatest),
  };
}
