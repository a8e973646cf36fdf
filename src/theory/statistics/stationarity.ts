import { linearRegression, mean } from "simple-statistics";
import { batchMeans } from "./batch-means.ts";
import { studentTWithin } from "./student-t.ts";

/** Whether a run's backlog kept growing. */
export interface StationarityTest {
  readonly verdict: "stationary" | "unstable";
  /** Growth of the fitted line over the whole run as a share of the run's mean: 0 when level, 2 when it grows steadily from nothing. */
  readonly growth: number;
  /** Probability of so steep a line if the true growth were no more than `tolerated`. */
  readonly pValue: number;
}

const windows = 20;
const tolerated = 0.5;

/**
 * Tests a run for a backlog that keeps growing. The null hypothesis is "stationary": over the run, the straight line through
 * 20 window means of the backlog grows by at most half of the run's mean. It is rejected, and the run called unstable, when
 * the one-sided t test of the line's slope has a p-value below `significance`.
 *
 * Half of the mean is tolerated because window means of a busy but stable queue are correlated, which makes a plain test of
 * slope zero reject too often; a queue that grows steadily from nothing has a growth of 2. Constant series are stationary.
 *
 * @param backlog requests in the system (or queue, or waiting times in order of arrival) at equal spacing over the whole run
 */
export function stationarityTest(backlog: ArrayLike<number>, significance = 0.001): StationarityTest {
  const means = batchMeans(backlog, windows);
  const level = mean(means);
  const k = means.length;
  const { m: slope, b: intercept } = linearRegression(means.map((value, i) => [i, value]));
  const residual = means.reduce((sum, value, i) => sum + (value - intercept - slope * i) ** 2, 0);
  const slopeError = Math.sqrt((12 * residual) / ((k - 2) * k * (k * k - 1)));
  const excess = slope - (tolerated * level) / k;
  const t = excess / slopeError;
  const outside = (1 - studentTWithin(t, k - 2)) / 2;
  const pValue = !(excess > 0) ? 1 : slopeError === 0 ? 0 : outside;
  return {
    verdict: pValue < significance ? "unstable" : "stationary",
    growth: level === 0 ? 0 : (slope * k) / level,
    pValue,
  };
}
