import { mean, sampleVariance } from "simple-statistics";
import { studentTFactor, studentTWithin } from "./student-t.ts";

/** A confidence interval for one figure of a run, in that figure's own unit. */
export interface Interval {
  readonly estimate: number;
  readonly low: number;
  readonly high: number;
  /** Probability with which such an interval covers the truth, such as 0.95. */
  readonly level: number;
  readonly method: "batch means" | "replications" | "control variates";
  /** Batches or replications behind the interval, less any controls: one more than its degrees of freedom. */
  readonly groups: number;
  /** False where the groups were seen not to be independent, or are too few: the level is then not to be trusted. */
  readonly trusted: boolean;
}

/** Half of an interval's width as a share of its estimate; infinite at an estimate of zero. */
export function relativeHalfWidth(interval: Interval): number {
  const half = (interval.high - interval.low) / 2;
  return half === 0 ? 0 : half / Math.abs(interval.estimate);
}

/** Whether a figure lies in an interval, ends included. */
export function covers(interval: Interval, truth: number): boolean {
  return interval.low <= truth && truth <= interval.high;
}

/** Standard error of the mean of independent values: `s/√k`. */
export function standardError(values: number[]): number {
  return Math.sqrt(sampleVariance(values) / values.length);
}

/**
 * Student's interval `mean ± t·s/√k` of `k` independent, nearly normal values (Gosset 1908).
 * A single value gives an infinite interval that is not trusted.
 */
export function studentInterval(values: readonly number[], level: number, method: Interval["method"]): Interval {
  const sample = [...values];
  const estimate = mean(sample);
  const groups = sample.length;
  const half = groups < 2 ? Number.POSITIVE_INFINITY : studentTFactor(level, groups - 1) * standardError(sample);
  return { estimate, low: estimate - half, high: estimate + half, level, method, groups, trusted: groups >= 2 };
}

/** Where figures are compared: as they are, by their logarithm, or, of shares, by that of their odds. */
export type Scale = "plain" | "logarithm" | "log odds";

/** A scale, and how fast it rises at a figure. */
const scales = {
  plain: { of: (figure: number) => figure, slope: () => 1 },
  logarithm: { of: Math.log, slope: (figure: number) => 1 / figure },
  "log odds": {
    of: (share: number) => Math.log(share / (1 - share)),
    slope: (share: number) => 1 / (share * (1 - share)),
  },
} as const satisfies Record<Scale, unknown>;

/**
 * Probability of an estimate at least this far from `truth`, by the Student's t behind a symmetric interval: the p-value
 * that a correction for many comparisons asks for.
 *
 * Few figures of a queue are skewed, and one that comes out low has too small a spread: Student's t then has far longer tails than its
 * level says. On a scale `g` the distance `g(estimate) - g(truth)` is held against the spread there, `g'(estimate)` times the plain one
 * (delta method). To first order the skewness of t is `(3v - 2s)/√k` on a logarithm, for figures of skewness `s` and coefficient of
 * variation `v`, in place of `-2s/√k`; for shares by log odds `v` is that of the rarer part. An event that comes in clusters at random
 * has `s` near `1.5·v`, which leaves nothing (docs/theory.md).
 */
export function pValue(interval: Interval, truth: number, scale: Scale = "plain"): number {
  const distance = distanceOn(scale, interval.estimate, truth);
  if (distance === 0) return 1;
  const degrees = interval.groups - 1;
  const standardError = (interval.high - interval.low) / 2 / studentTFactor(interval.level, degrees);
  return standardError === 0 ? 0 : 1 - studentTWithin(distance / standardError, degrees);
}

/** How far apart two figures are on a scale, in units of the first; as they are where one of them lies at its end or beyond. */
function distanceOn(scale: Scale, estimate: number, truth: number): number {
  const { of, slope } = scales[scale];
  const distance = Math.abs(of(estimate) - of(truth)) / slope(estimate);
  return Number.isFinite(distance) ? distance : Math.abs(estimate - truth);
}
