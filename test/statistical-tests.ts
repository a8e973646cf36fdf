import { normalCdf } from "../src/core/normal.ts";

/** Probability that a chi-square variable exceeds `statistic`, by the cube-root normal approximation (Wilson and Hilferty 1931). */
export function chiSquareSurvival(statistic: number, degrees: number): number {
  const spread = 2 / (9 * degrees);
  return normalCdf(-((statistic / degrees) ** (1 / 3) - (1 - spread)) / Math.sqrt(spread));
}

/** Probability of a mean at least this far from the truth, were the values independent with the known mean and standard deviation. */
export function meanPValue(values: readonly number[], mean: number, deviation: number): number {
  const average = values.reduce((sum, value) => sum + value, 0) / values.length;
  return 2 * normalCdf(-Math.abs(average - mean) / (deviation / Math.sqrt(values.length)));
}

/**
 * Probability of a Kolmogorov distance at least this large between a sample and its continuous distribution function
 * (Kolmogorov 1933, with the small-sample factor of Stephens 1970).
 */
export function kolmogorovPValue(values: readonly number[], distribution: (value: number) => number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const count = sorted.length;
  const distance = sorted.reduce((most, value, index) => {
    const share = distribution(value);
    return Math.max(most, share - index / count, (index + 1) / count - share);
  }, 0);
  const root = Math.sqrt(count);
  const scaled = (root + 0.12 + 0.11 / root) * distance;
  let survival = 0;
  for (let term = 1; term <= 100; term++) {
    survival += 2 * (term % 2 === 1 ? 1 : -1) * Math.exp(-2 * (term * scaled) ** 2);
  }
  return Math.min(1, Math.max(0, survival));
}
