import { type Interval, relativeHalfWidth } from "./interval.ts";
import { replicationInterval } from "./replications.ts";

/** How exactly a figure is wanted. */
export interface PrecisionTarget {
  /** Wanted half-width as a share of the estimate, such as 0.01. */
  readonly relativeHalfWidth: number;
  readonly level?: number;
}

/** How many replications a study may take. */
export interface ReplicationBudget {
  /** Replications before the first look: a smaller first look stops too early too often. */
  readonly minimum: number;
  readonly maximum: number;
}

/** Where a study stands after some replications. */
export interface PrecisionVerdict {
  readonly verdict: "reached" | "continue" | "budget spent";
  readonly intervals: Readonly<Record<string, Interval>>;
  /** Replications that the present spread suggests are still to come; 0 when done. */
  readonly furtherReplications: number;
}

/** Ten replications at least, as Law (Simulation Modeling and Analysis, 9.4.1) advises; forty at most. */
export const defaultBudget: ReplicationBudget = { minimum: 10, maximum: 40 };

/**
 * Decides whether the named figures are known exactly enough, by the rule of Law (Simulation Modeling and Analysis,
 * 9.4.1): stop when each half-width is at most `γ/(1+γ)` of its estimate for a wanted relative error of `γ`.
 *
 * @param figures for each name, one figure of each replication so far
 */
export function judgePrecision(
  figures: Readonly<Record<string, readonly number[]>>,
  targets: Readonly<Record<string, PrecisionTarget>>,
  budget: ReplicationBudget = defaultBudget,
): PrecisionVerdict {
  const names = Object.keys(targets);
  const intervals = Object.fromEntries(
    names.map((name) => [name, replicationInterval(figures[name]!, targets[name]!.level)]),
  );
  const done = Math.min(...names.map((name) => figures[name]!.length));
  return judgeIntervals(intervals, targets, done, budget);
}

/** The same of intervals that are known already, after so many replications. */
export function judgeIntervals(
  intervals: Readonly<Record<string, Interval>>,
  targets: Readonly<Record<string, PrecisionTarget>>,
  done: number,
  budget: ReplicationBudget = defaultBudget,
): PrecisionVerdict {
  const names = Object.keys(targets);
  const excess = Math.max(...names.map((name) => relativeHalfWidth(intervals[name]!) / adjusted(targets[name]!)));
  if (done >= budget.minimum && excess <= 1) return { verdict: "reached", intervals, furtherReplications: 0 };
  if (done >= budget.maximum) return { verdict: "budget spent", intervals, furtherReplications: 0 };
  const wanted = Number.isFinite(excess) ? Math.ceil(done * excess * excess) : budget.minimum;
  const aim = Math.min(Math.max(wanted, budget.minimum, done + 1), budget.maximum);
  return { verdict: "continue", intervals, furtherReplications: aim - done };
}

function adjusted(target: PrecisionTarget): number {
  return target.relativeHalfWidth / (1 + target.relativeHalfWidth);
}

/** The outcome of a sequential study: its last verdict and every replication's figures. */
export interface ReplicatedStudy extends PrecisionVerdict {
  readonly replications: number;
  readonly figures: Readonly<Record<string, readonly number[]>>;
}

/**
 * Runs replications 0, 1, 2, ... one after another until every target is reached or the budget is spent.
 *
 * @param replicate one replication's figures by name; it must draw from random streams of its own
 */
export async function replicateUntil(
  replicate: (replication: number) => Promise<Record<string, number>> | Record<string, number>,
  targets: Readonly<Record<string, PrecisionTarget>>,
  budget: ReplicationBudget = defaultBudget,
): Promise<ReplicatedStudy> {
  const figures: Record<string, number[]> = Object.fromEntries(Object.keys(targets).map((name) => [name, []]));
  for (let replications = 1; ; replications++) {
    const seen = await replicate(replications - 1);
    for (const [name, figure] of Object.entries(seen)) {
      figures[name] ??= [];
      figures[name].push(figure);
    }
    const verdict = judgePrecision(figures, targets, budget);
    if (verdict.verdict !== "continue") return { ...verdict, replications, figures };
  }
}
