import { type Controls, controlledInterval } from "./control-variates.ts";
import { type Interval, studentInterval } from "./interval.ts";

/** Interval for a mean from one figure of each of several independent replications. */
export function replicationInterval(figures: readonly number[], level = 0.95): Interval {
  return studentInterval(figures, level, "replications");
}

/**
 * Interval for `E[numerator]/E[denominator]` from independent replications: the ratio of sums, with the spread of the
 * jackknife's pseudo-values (Miller 1974). It weighs replications by what they saw, so that requests rejected or left
 * unfinished can stand in the denominator. Controls move the estimate by as much as they move the pseudo-values.
 */
export function ratioInterval(
  numerators: readonly number[],
  denominators: readonly number[],
  level = 0.95,
  controls: Controls = [],
): Interval {
  const k = numerators.length;
  const top = numerators.reduce((sum, value) => sum + value, 0);
  const bottom = denominators.reduce((sum, value) => sum + value, 0);
  const ratio = top / bottom;
  if (k < 2) return replicationInterval([ratio], level);
  const pseudoValues = numerators.map(
    (numerator, i) => k * ratio - ((k - 1) * (top - numerator)) / (bottom - denominators[i]!),
  );
  const plain = replicationInterval(pseudoValues, level);
  const spread = controlledInterval(pseudoValues, controls, level);
  const half = (spread.high - spread.low) / 2;
  const estimate = ratio + spread.estimate - plain.estimate;
  return { ...spread, estimate, low: estimate - half, high: estimate + half };
}

/** Interval for the mean difference of two systems run on common random numbers, replication by replication. */
export function pairedDifferenceInterval(
  figures: readonly number[],
  others: readonly number[],
  level = 0.95,
): Interval {
  return replicationInterval(
    figures.map((figure, i) => figure - others[i]!),
    level,
  );
}
