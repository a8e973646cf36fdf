import { independenceTest } from "../theory/statistics/autocorrelation.ts";
import { batchMeansInterval } from "../theory/statistics/batch-means.ts";
import type { Interval } from "../theory/statistics/interval.ts";
import { quantileInterval } from "../theory/statistics/quantile-interval.ts";
import { ratioInterval } from "../theory/statistics/replications.ts";
import { type LatencyName, latencies, type Ratio, ratios, type Sums } from "./measured-quantities.ts";
import { type SteadyFigures, trusted } from "./steady-figures.ts";
import type { SteadyWindow } from "./steady-window.ts";

/** Figures of a single run, with intervals by batch means. */
export function oneRunFigures(window: SteadyWindow, level: number): SteadyFigures {
  const judged = (interval: Interval) => trusted(interval, [window]);
  const ratio = (of: Ratio) => judged(batches(window, of, level));
  const mean = (name: LatencyName) => judged(batchMeansInterval(served(window, name), level));
  return {
    ratio: (name) => ratio(ratios[name]),
    mean,
    variance: (name) => {
      const center = mean(name).estimate;
      const squares = served(window, name).map((value) => (value - center) ** 2);
      return judged(batchMeansInterval(squares, level));
    },
    shareWithin: (name, limit) => {
      const within = measured(window, name).map((value) => (value <= limit ? 1 : 0));
      return judged(batchMeansInterval(within, level));
    },
    // What one run has all of, or nothing, is certain where nothing is random.
    isWhole: () => false,
    quantile: (name, probability) => judged(quantileInterval(measured(window, name), probability, level)),
  };
}

/** A latency of the requests of a window that have one. */
export function measured({ history, from, to }: SteadyWindow, name: LatencyName): Float64Array {
  return kept(latencies[name](history).subarray(from, to), (value) => !Number.isNaN(value));
}

function served(window: SteadyWindow, name: LatencyName): Float64Array {
  return kept(measured(window, name), (value) => value < Number.POSITIVE_INFINITY);
}

/** What a typed array's own `filter` does, which takes ten times as long. */
function kept(values: Float64Array, isKept: (value: number) => boolean): Float64Array {
  const all = new Float64Array(values.length);
  let count = 0;
  for (let place = 0; place < values.length; place++) {
    const value = values[place]!;
    if (isKept(value)) all[count++] = value;
  }
  return all.slice(0, count);
}

const batchCounts = [30, 20, 15, 10];

/** The most equal stretches of one run whose ratios pass for independent (see `theory/statistics/batch-means.ts`). */
function batches(window: SteadyWindow, ratio: Ratio, level: number): Interval {
  const { history, from, to } = window;
  const edges = distinctInstants(window);
  const total = ratio(history, from, to);
  let interval: Interval | undefined;
  for (const count of batchCounts) {
    if (edges.length <= count) continue;
    const size = Math.floor((edges.length - 1) / count);
    const parts = Array.from({ length: count }, (_, part) =>
      ratio(history, edges[part * size]!, edges[(part + 1) * size]!),
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
