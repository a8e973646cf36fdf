import type { Scenario } from "../scenario/schema.ts";
import type { Interval } from "../theory/statistics/interval.ts";
import { judgeIntervals, type ReplicationBudget } from "../theory/statistics/sequential.ts";
import { stationarityTest } from "../theory/statistics/stationarity.ts";
import { latencies, timePerOutputToken } from "./measured-quantities.ts";
import { followed, isSame, type Running, replication } from "./replications.ts";
import { meanOf, quantileOf } from "./steady-figures.ts";
import { type SteadyWindow, steadyWindow } from "./steady-window.ts";

/** How exactly a study is to know, and what it may take. */
export interface Precision {
  /** Confidence level of every interval shown. */
  readonly level: number;
  /** Half-width wanted of the mean TPOT and of the 99th percentile of TTFT, as shares of them. */
  readonly meanTpot: number;
  readonly p99Ttft: number;
  readonly budget: ReplicationBudget;
  /** No run is started after so long. */
  readonly wallSeconds: number;
}

export const defaultPrecision: Precision = {
  level: 0.95,
  meanTpot: 0.01,
  p99Ttft: 0.05,
  budget: { minimum: 10, maximum: 1_000 },
  wallSeconds: 60,
};

/** Several independent runs of one scenario. */
export interface Study {
  readonly windows: readonly SteadyWindow[];
  /** `unstable`: the backlog grew from start to end in most runs, so that there is no long run to speak of. */
  readonly verdict: "stationary" | "unstable";
  /** `single`: two runs were the same, so that one says all and intervals come from its batches. */
  readonly ended: "reached" | "budget spent" | "single" | "unstable";
}

export interface Progress {
  readonly replications: number;
  readonly of: number;
}

/** So many runs called unstable, and none stable, settle it. */
const unstableRuns = 3;

/** Runs replications until the targets are reached, the budget is spent, or there is no point in going on. */
export async function study(
  scenario: Scenario,
  precision: Precision = defaultPrecision,
  running: Running = {},
  onProgress: (progress: Progress) => void = () => {},
): Promise<Study> {
  const windows: SteadyWindow[] = [];
  const startedMilliseconds = performance.now();
  let unstable = 0;
  let of = precision.budget.minimum;
  for (;;) {
    const history = await followed(replication(scenario, windows.length), running);
    const window = steadyWindow(history);
    if (windows.length === 1 && isSame(windows[0]!.history, history)) {
      return { windows: [window], verdict: unstable > 0 ? "unstable" : "stationary", ended: "single" };
    }
    windows.push(window);
    if (stationarityTest(history.present).verdict === "unstable") unstable++;
    onProgress({ replications: windows.length, of });
    if (unstable === windows.length && unstable === unstableRuns) {
      return { windows, verdict: "unstable", ended: "unstable" };
    }
    const spent = performance.now() - startedMilliseconds > 1000 * precision.wallSeconds;
    if (windows.length < of && !spent) continue;
    const judged = judge(windows, precision);
    if (judged.verdict === "continue" && !spent) {
      // The spread seen so far may mislead: look again when there are twice as many runs.
      of = windows.length + Math.min(judged.furtherReplications, windows.length);
      continue;
    }
    const verdict = 2 * unstable > windows.length ? "unstable" : "stationary";
    return { windows, verdict, ended: judged.verdict === "reached" ? "reached" : "budget spent" };
  }
}

function judge(windows: readonly SteadyWindow[], { level, meanTpot, p99Ttft, budget }: Precision) {
  const targets: Record<string, { relativeHalfWidth: number }> = {};
  const intervals: Record<string, Interval> = {};
  const aim = (name: string, relativeHalfWidth: number, interval: Interval) => {
    // Where nothing decodes, or nothing is ever served, there is nothing to know exactly.
    if (!Number.isFinite(interval.estimate)) return;
    targets[name] = { relativeHalfWidth };
    intervals[name] = interval;
  };
  aim("mean TPOT", meanTpot, meanOf(windows, timePerOutputToken, level));
  aim("p99 TTFT", p99Ttft, quantileOf(windows, latencies.timeToFirstToken, 0.99, level));
  return judgeIntervals(intervals, targets, windows.length, budget);
}
