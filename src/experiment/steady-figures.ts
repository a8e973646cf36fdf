import type { RequestHistory, Totals } from "../observe/request-history.ts";
import { independenceTest } from "../theory/statistics/autocorrelation.ts";
import { batchMeansInterval } from "../theory/statistics/batch-means.ts";
import type { Interval } from "../theory/statistics/interval.ts";
import { quantileInterval, sortedQuantileInterval } from "../theory/statistics/quantile-interval.ts";
import { ratioInterval } from "../theory/statistics/replications.ts";
import type { SteadyWindow } from "./steady-window.ts";

/** A latency of each request; NaN where it has none, Infinity where it never came. */
export type Latency = (history: RequestHistory) => Float64Array;

/** Something that each request adds to, over something else that it adds to. */
export interface PerRequest {
  readonly kind: "per request";
  readonly top: (history: RequestHistory, request: number) => number;
  readonly bottom: (history: RequestHistory, request: number) => number;
}

/** What a total grows by in each second. */
export interface PerSecond {
  readonly kind: "per second";
  readonly total: keyof Totals;
}

/** A long-run ratio of two sums: a mean over requests, over tokens or over time. */
export type Ratio = PerRequest | PerSecond;

/** Parts of a ratio. */
interface Sums {
  readonly top: number;
  readonly bottom: number;
}

/** A whole window's worth of a ratio, or that of equal stretches of it. */
function sumsOver(window: SteadyWindow, ratio: Ratio, from: number, to: number): Sums {
  const { history } = window;
  if (ratio.kind === "per second") {
    const { arrivalSeconds, totals } = history;
    const [first, last] = [from, Math.min(to, arrivalSeconds.length - 1)];
    return {
      top: totals[ratio.total][last]! - totals[ratio.total][first]!,
      bottom: arrivalSeconds[last]! - arrivalSeconds[first]!,
    };
  }
  let top = 0;
  let bottom = 0;
  for (let request = from; request < to; request++) {
    const share = ratio.bottom(history, request);
    const value = ratio.top(history, request);
    if (share === 0 || !Number.isFinite(value)) continue;
    top += value;
    bottom += share;
  }
  return { top, bottom };
}

const batchCounts = [30, 20, 15, 10];

/** The most equal stretches of one run whose ratios pass for independent (see `theory/statistics/batch-means.ts`). */
function batches(window: SteadyWindow, ratio: Ratio, level: number): Interval {
  const edges = distinctInstants(window);
  const total = sumsOver(window, ratio, window.from, window.to);
  let interval: Interval | undefined;
  for (const count of batchCounts) {
    if (edges.length <= count) continue;
    const size = Math.floor((edges.length - 1) / count);
    const parts = Array.from({ length: count }, (_, part) =>
      sumsOver(window, ratio, edges[part * size]!, edges[(part + 1) * size]!),
    );
    const independent = independenceTest(parts.map(({ top, bottom }) => top / bottom)).pValue > 0.1;
    interval = { ...intervalOf(parts, level), method: "batch means", trusted: independent };
    if (independent) break;
  }
  const estimate = total.top / total.bottom;
  if (interval === undefined) return { ...intervalOf([total], level), estimate };
  const half = (interval.high - interval.low) / 2;
  return { ...interval, estimate, low: estimate - half, high: estimate + half };
}

function intervalOf(parts: readonly Sums[], level: number): Interval {
  return ratioInterval(
    parts.map(({ top }) => top),
    parts.map(({ bottom }) => bottom),
    level,
  );
}

/** First arrivals of each instant at which any came: several users may ask at once. */
function distinctInstants({ history: { arrivalSeconds }, from, to }: SteadyWindow): number[] {
  const edges: number[] = [];
  for (let index = from; index < to; index++) {
    if (index === from || arrivalSeconds[index]! > arrivalSeconds[index - 1]!) edges.push(index);
  }
  return edges;
}

/** Figures whose spread is smaller than this share of them differ by rounding alone. */
const rounding = 1e-9;

/**
 * An interval that knows whether the warm-up could be told in most of its runs: where it could not in a few, half of each of those
 * was left out, which costs data and not trust. What is constant but for rounding needs no trust.
 */
function judged(windows: readonly SteadyWindow[], interval: Interval): Interval {
  if (interval.high - interval.low <= 2 * rounding * Math.abs(interval.estimate)) return { ...interval, trusted: true };
  const settled = windows.filter((window) => window.settled).length;
  return { ...interval, trusted: interval.trusted && 2 * settled > windows.length };
}

/** Interval of a ratio, from independent replications or from the batches of a single run. */
export function ratioOf(windows: readonly SteadyWindow[], ratio: Ratio, level: number): Interval {
  const [only] = windows;
  const interval =
    windows.length === 1
      ? batches(only!, ratio, level)
      : intervalOf(
          windows.map((window) => sumsOver(window, ratio, window.from, window.to)),
          level,
        );
  return judged(windows, interval);
}

/** Interval of a mean over the requests that got what is measured. */
export function meanOf(windows: readonly SteadyWindow[], latency: Latency, level: number): Interval {
  if (windows.length > 1)
    return ratioOf(
      windows,
      meanRatio(windows, latency, (value) => value),
      level,
    );
  const interval = batchMeansInterval(served(windows[0]!, latency), level);
  return judged(windows, interval);
}

/** Interval of a variance, the mean over all windows taken as known. */
export function varianceOf(windows: readonly SteadyWindow[], latency: Latency, level: number): Interval {
  const mean = meanOf(windows, latency, level).estimate;
  return ratioOf(
    windows,
    meanRatio(windows, latency, (value) => (value - mean) ** 2),
    level,
  );
}

/** Interval of a quantile over all requests, those that never got what is measured counted as beyond any. */
export function quantileOf(
  windows: readonly SteadyWindow[],
  latency: Latency,
  probability: number,
  level: number,
): Interval {
  const interval =
    windows.length === 1
      ? quantileInterval(measured(windows[0]!, latency), probability, level)
      : sortedQuantileInterval(
          windows.map((window) => inOrder(window, latency)),
          probability,
          level,
        );
  return judged(windows, interval);
}

function meanRatio(windows: readonly SteadyWindow[], latency: Latency, of: (value: number) => number): PerRequest {
  const values = new Map(windows.map(({ history }) => [history, latency(history)]));
  return {
    kind: "per request",
    top: (history, request) => of(values.get(history)![request]!),
    bottom: () => 1,
  };
}

/** A latency of the requests of a window that have one. */
function measured({ history, from, to }: SteadyWindow, latency: Latency): Float64Array {
  return latency(history)
    .subarray(from, to)
    .filter((value) => !Number.isNaN(value));
}

const served = (window: SteadyWindow, latency: Latency) =>
  measured(window, latency).filter((value) => value < Number.POSITIVE_INFINITY);

/** Latencies that were put in order already, by window: a study looks at the same runs again and again. */
const sorted = new WeakMap<SteadyWindow, Map<Latency, Float64Array>>();

function inOrder(window: SteadyWindow, latency: Latency): Float64Array {
  const known = sorted.get(window) ?? new Map<Latency, Float64Array>();
  sorted.set(window, known);
  const values = known.get(latency) ?? measured(window, latency).sort();
  known.set(latency, values);
  return values;
}
