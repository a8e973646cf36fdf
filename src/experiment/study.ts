import type { Scenario } from "../scenario/schema.ts";
import type { Interval } from "../theory/statistics/interval.ts";
import { judgeIntervals, type ReplicationBudget } from "../theory/statistics/sequential.ts";
import { latencyNames } from "./measured-quantities.ts";
import { oneRunFigures } from "./one-run-figures.ts";
import { replicatedFigures } from "./replicated-figures.ts";
import { followed, named, type Running, replications } from "./replications.ts";
import { checkLength } from "./run-length.ts";
import { isSame, type RunSummary } from "./run-summary.ts";
import type { SteadyFigures } from "./steady-figures.ts";
import { type Cut, cutOf, type Pilot, steadyWindow } from "./steady-window.ts";

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
  readonly runs: readonly RunSummary[];
  readonly figures: SteadyFigures;
  /** `unstable`: the backlog grew from start to end in most runs, so that there is no long run to speak of. */
  readonly verdict: "stationary" | "unstable";
  /** `single`: two runs were the same, so that one says all and intervals come from its batches. */
  readonly ended: "reached" | "budget spent" | "single" | "unstable";
}

export interface Progress {
  readonly replications: number;
  readonly of: number;
}

/** Runs that say what is to be left out of all others: their own figures are not used, so that nothing is left out for what it shows. */
export const pilotRuns = 5;

/** So many pilots called unstable, and none stable, settle it. */
const unstableRuns = 3;

/** A shorter run is filling for a good part of its time, which looks as if its backlog grew. */
const fewestResidences = 10;

/** Where pilots say that runs of a scenario are to be cut. */
export async function pilotedCut(scenario: Scenario, running: Running): Promise<Cut> {
  const pilots: Pilot[] = [];
  for await (const { pilot } of replications({ scenario }, { to: pilotRuns }, running)) pilots.push(pilot!);
  return cutOf(pilots);
}

/**
 * Runs replications until the targets are reached, the budget is spent, or there is no point in going on. Throws `UserError` where
 * backlogs grow in runs that are too short to tell why.
 */
export async function study(
  scenario: Scenario,
  precision: Precision = defaultPrecision,
  running: Running = {},
  onProgress: (progress: Progress) => void = () => {},
): Promise<Study> {
  const { level, budget, wallSeconds } = precision;
  const startedMilliseconds = performance.now();
  const isSpent = () => performance.now() - startedMilliseconds > 1000 * wallSeconds;
  const order = { scenario, quantiles: latencyNames, controlled: true };
  const pilots: RunSummary[] = [];
  for await (const pilot of replications(order, { to: pilotRuns }, running)) {
    if (pilots.length === 1 && isSame(pilots[0]!, pilot)) return single(scenario, level, pilot, running);
    pilots.push(pilot);
    onProgress({ replications: pilots.length, of: pilotRuns + budget.minimum });
    if (pilots.length === unstableRuns && unstable(pilots) === unstableRuns) {
      checkLength(scenario, pilots, fewestResidences);
      return {
        runs: pilots,
        figures: replicatedFigures(pilots, level),
        verdict: "unstable",
        ended: "unstable",
      };
    }
  }
  const cut = cutOf(pilots.map(({ pilot }) => pilot!));
  const runs: RunSummary[] = [];
  for (let to = budget.minimum; ; ) {
    for await (const run of replications({ ...order, cut }, { from: runs.length, to }, running)) {
      runs.push(run);
      onProgress({ replications: pilotRuns + runs.length, of: pilotRuns + to });
      if (isSpent()) break;
    }
    const figures = replicatedFigures(runs, level);
    const judged = judge(figures, runs.length, precision);
    if (judged.verdict !== "continue" || isSpent()) {
      const ended = judged.verdict === "reached" ? "reached" : "budget spent";
      const isUnstable = 2 * unstable(runs) > runs.length;
      if (isUnstable) checkLength(scenario, runs, fewestResidences);
      return { runs, figures, verdict: isUnstable ? "unstable" : "stationary", ended };
    }
    // The spread seen so far may mislead: look again when there are twice as many runs.
    to = runs.length + Math.min(judged.furtherReplications, runs.length);
  }
}

const unstable = (runs: readonly RunSummary[]) => runs.filter(({ isUnstable }) => isUnstable).length;

/** Where nothing is random one run says all. */
async function single(scenario: Scenario, level: number, run: RunSummary, running: Running): Promise<Study> {
  const window = steadyWindow(await followed(named(scenario, "pilot 0"), running));
  const verdict = run.isUnstable ? "unstable" : "stationary";
  return { runs: [run], figures: oneRunFigures(window, level), verdict, ended: "single" };
}

function judge(figures: SteadyFigures, runs: number, { meanTpot, p99Ttft, budget }: Precision) {
  const targets: Record<string, { relativeHalfWidth: number }> = {};
  const intervals: Record<string, Interval> = {};
  const aim = (name: string, relativeHalfWidth: number, interval: Interval) => {
    // Where nothing decodes, or nothing is ever served, there is nothing to know exactly.
    if (!Number.isFinite(interval.estimate)) return;
    targets[name] = { relativeHalfWidth };
    intervals[name] = interval;
  };
  aim("mean TPOT", meanTpot, figures.mean("timePerOutputToken"));
  aim("p99 TTFT", p99Ttft, figures.quantile("timeToFirstToken", 0.99));
  return judgeIntervals(intervals, targets, runs, budget);
}
