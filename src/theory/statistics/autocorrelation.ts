import { normalCdf } from "../../core/normal.ts";

/** What von Neumann's ratio says of a short series of batch means. */
export interface IndependenceTest {
  /** Correlation of neighbours, corrected for the ends of the series. */
  readonly lagOneCorrelation: number;
  /** Probability of a correlation at least this positive if the values were independent. */
  readonly pValue: number;
}

/**
 * Von Neumann's test for positive correlation of neighbours (von Neumann 1941; used on batch means by Fishman 1978):
 * `C = 1 - Σ(x_i - x_{i+1})² / (2·Σ(x_i - x̄)²)` has mean 0 and variance `(k-2)/(k²-1)` for `k` independent normal values.
 * A constant series counts as independent.
 */
export function independenceTest(values: readonly number[]): IndependenceTest {
  const k = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / k;
  let squares = 0;
  let steps = 0;
  for (let i = 0; i < k; i++) {
    squares += (values[i]! - mean) ** 2;
    if (i > 0) steps += (values[i]! - values[i - 1]!) ** 2;
  }
  if (k < 3 || squares === 0) return { lagOneCorrelation: 0, pValue: 1 };
  const lagOneCorrelation = 1 - steps / (2 * squares);
  return { lagOneCorrelation, pValue: normalCdf(-lagOneCorrelation / Math.sqrt((k - 2) / (k * k - 1))) };
}
