import type { Books } from "../observe/request-history.ts";
import { stationarityTest } from "../theory/statistics/stationarity.ts";
import { type LatencyName, latencies, latencyNames, type RatioName, ratios, type Sums } from "./measured-quantities.ts";
import { measured } from "./one-run-figures.ts";
import { lengthInResidences } from "./run-length.ts";
import type { Pilot, SteadyWindow } from "./steady-window.ts";

/** A latency over the requests of one run. */
export interface LatencySummary {
  /** Of those that got it: how many, their mean, and `Σ (value - mean)²`. */
  readonly served: number;
  readonly mean: number;
  readonly squares: number;
  /** All that have one in ascending order, Infinity where it never came; undefined where it was not asked for. */
  readonly ascending: Float64Array | undefined;
}

/** What the steady part of one run comes to: all that a study of many runs keeps of it. */
export interface RunSummary {
  /** Requests that count, and that came before them. */
  readonly measured: number;
  readonly warmUp: number;
  readonly settled: boolean;
  /** How long the run was, as `lengthInResidences` says. */
  readonly residences: number;
  /** Whether the backlog grew from the start of the run to its end. */
  readonly isUnstable: boolean;
  readonly ratios: Readonly<Record<RatioName, Sums>>;
  readonly latencies: Readonly<Record<LatencyName, LatencySummary>>;
  readonly books: Books;
  /** Control variates: figures whose long-run mean is known, less that mean. Empty where there are none. */
  readonly controls: readonly number[];
  /** Of a pilot run. */
  readonly pilot?: Pilot;
}

/** Latencies whose quantiles can be asked for: to put them in order takes longer than all else that a summary does. */
export type Quantiles = readonly LatencyName[];

/** Sums a run up. */
export function runSummary(window: SteadyWindow, quantiles: Quantiles, controls: readonly number[] = []): RunSummary {
  const { history, from, to, settled } = window;
  return {
    measured: to - from,
    warmUp: from,
    settled,
    residences: lengthInResidences(history),
    isUnstable: stationarityTest(history.present).verdict === "unstable",
    ratios: forEach(ratios, (ratio) => ratio(history, from, to)),
    latencies: forEach(latencies, (_, name) => latencySummary(measured(window, name), quantiles.includes(name))),
    books: history.books,
    controls,
  };
}

function latencySummary(values: Float64Array, inOrder: boolean): LatencySummary {
  let [served, sum] = [0, 0];
  for (const value of values) {
    if (value === Number.POSITIVE_INFINITY) continue;
    served++;
    sum += value;
  }
  const mean = served === 0 ? 0 : sum / served;
  let squares = 0;
  for (const value of values) if (value < Number.POSITIVE_INFINITY) squares += (value - mean) ** 2;
  return { served, mean, squares, ascending: inOrder ? values.sort() : undefined };
}

function forEach<Name extends string, Value, Result>(
  named: Readonly<Record<Name, Value>>,
  of: (value: Value, name: Name) => Result,
): Record<Name, Result> {
  const results = Object.entries<Value>(named).map(([name, value]) => [name, of(value, name as Name)]);
  return Object.fromEntries(results) as Record<Name, Result>;
}

/** Whether two runs that drew from different random streams are the same: then the scenario draws nothing that matters. */
export function isSame(one: RunSummary, other: RunSummary): boolean {
  const differs = (name: LatencyName) => one.latencies[name].mean !== other.latencies[name].mean;
  const books = Object.keys(one.books) as (keyof Books)[];
  return books.every((name) => one.books[name] === other.books[name]) && !latencyNames.some(differs);
}
