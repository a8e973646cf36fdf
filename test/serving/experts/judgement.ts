import { probit } from "simple-statistics";
import type { IntegerLaw } from "../../../src/bounds/moe/integer-law.ts";
import { expectation, lawMean, lawVariance } from "../../../src/bounds/moe/integer-law.ts";

/** Half-width of a two-sided 99.9 % interval in standard errors. */
export const halfWidth999 = probit(1 - 0.001 / 2);

/** How many standard errors the mean and the variance of draws lie from those of their exact law; 0 where both have no spread. */
export function momentErrors(draws: Float64Array, law: IntegerLaw): { mean: number; variance: number } {
  const exactMean = lawMean(law);
  const exactVariance = lawVariance(law);
  const fourth = expectation(law, (x) => (x - exactMean) ** 4);
  const count = draws.length;
  const mean = draws.reduce((sum, x) => sum + x, 0) / count;
  const variance = draws.reduce((sum, x) => sum + (x - exactMean) ** 2, 0) / count;
  const errors = (difference: number, spread: number) => {
    if (spread > 0) return difference / Math.sqrt(spread / count);
    return Math.abs(difference) < 1e-9 ? 0 : Number.POSITIVE_INFINITY;
  };
  return {
    mean: errors(mean - exactMean, exactVariance),
    variance: errors(variance - exactVariance, Math.max(0, fourth - exactVariance ** 2)),
  };
}

/**
 * Pearson's statistic of observed counts against exact chances and its 99.9 % point (Wilson and Hilferty 1931).
 * Neighbouring values are pooled until five are expected.
 */
export function chiSquare(
  observed: readonly number[],
  chances: readonly number[],
): { statistic: number; limit: number } {
  const draws = observed.reduce((sum, x) => sum + x, 0);
  const cells: { seen: number; expected: number }[] = [];
  let open = { seen: 0, expected: 0 };
  for (const [value, chance] of chances.entries()) {
    open.seen += observed[value] ?? 0;
    open.expected += draws * chance;
    if (open.expected >= 5) {
      cells.push(open);
      open = { seen: 0, expected: 0 };
    }
  }
  const last = cells.at(-1)!;
  last.seen += open.seen;
  last.expected += open.expected;
  const statistic = cells.reduce((sum, { seen, expected }) => sum + (seen - expected) ** 2 / expected, 0);
  const freedom = cells.length - 1;
  const cube = 1 - 2 / (9 * freedom) + probit(1 - 0.001) * Math.sqrt(2 / (9 * freedom));
  return { statistic, limit: freedom * cube ** 3 };
}
