import type { Controls } from "../theory/statistics/control-variates.ts";
import type { Interval } from "../theory/statistics/interval.ts";
import { countAtMost } from "../theory/statistics/pooled-order.ts";
import { sortedQuantileInterval } from "../theory/statistics/quantile-interval.ts";
import { ratioInterval } from "../theory/statistics/replications.ts";
import type { LatencyName, Sums } from "./measured-quantities.ts";
import type { LatencySummary, RunSummary } from "./run-summary.ts";
import { type SteadyFigures, trusted } from "./steady-figures.ts";

/** Figures of several independent runs, with intervals from their spread. Of quantiles only those can be asked that the runs were made for. */
export function replicatedFigures(runs: readonly RunSummary[], level: number): SteadyFigures {
  const controls = controlsOf(runs);
  const judged = (interval: Interval) => trusted(interval, runs);
  const ratio = (of: (run: RunSummary) => Sums) => {
    const sums = runs.map(of);
    const tops = sums.map(({ top }) => top);
    const bottoms = sums.map(({ bottom }) => bottom);
    return judged(ratioInterval(tops, bottoms, level, controls));
  };
  const latency = (name: LatencyName, top: (one: LatencySummary) => number) =>
    ratio(({ latencies }) => ({ top: top(latencies[name]), bottom: latencies[name].served }));
  const mean = (name: LatencyName) => latency(name, (one) => one.served * one.mean);
  return {
    ratio: (name) => ratio(({ ratios }) => ratios[name]),
    mean,
    variance: (name) => {
      const center = mean(name).estimate;
      return latency(name, (one) => one.squares + one.served * (one.mean - center) ** 2);
    },
    shareWithin: (name, limit) => {
      const within = ({ latencies }: RunSummary) => {
        const { ascending } = latencies[name];
        return { top: countAtMost(ascending!, limit), bottom: ascending!.length };
      };
      const interval = ratio(within);
      return { ...interval, trusted: interval.trusted && !isWhole(runs.map(within)) };
    },
    isWhole: (name) => isWhole(runs.map(({ ratios }) => ratios[name])),
    quantile: (name, probability) => {
      const ascending = runs.map(({ latencies }) => latencies[name].ascending!);
      return judged(sortedQuantileInterval(ascending, probability, level, controls));
    },
  };
}

/** Nearer to all or to nothing than this is rounding. */
const rounding = 1e-9;

/** Whether several shares are each all or nothing. */
function isWhole(shares: readonly Sums[]): boolean {
  return shares.every(({ top, bottom }) => top <= rounding * bottom || top >= (1 - rounding) * bottom);
}

function controlsOf(runs: readonly RunSummary[]): Controls {
  const [first] = runs;
  return (first?.controls ?? []).map((_, control) => runs.map(({ controls }) => controls[control]!));
}
