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

/** Fewer stretches say too little of how far their means spread; more are too short for what they are to tell. */
const stretches = 8;

/**
 * Observations that pass until a stationary series has forgotten where it was: `1 + 2·Σ ρ_k`, found as the variance of the means
 * of long stretches over what it would be were observations independent (the batch-means estimate of the variance constant;
 * Sokal 1997 on its use). From several series of one kind, about their common mean. 0 for series that do not vary.
 */
export function correlationTime(all: readonly ArrayLike<number>[]): number {
  const mean = weightedMean(all.map((series) => [average(series, 0, series.length), series.length]));
  let squares = 0;
  let count = 0;
  let spread = 0;
  for (const series of all) {
    for (let place = 0; place < series.length; place++) squares += (series[place]! - mean) ** 2;
    count += series.length;
    const size = Math.floor(series.length / stretches);
    for (let stretch = 0; stretch < stretches && size > 0; stretch++) {
      spread += size * (average(series, stretch * size, (stretch + 1) * size) - mean) ** 2;
    }
  }
  return squares === 0 ? 0 : spread / (stretches * all.length) / (squares / count);
}

function average(series: ArrayLike<number>, from: number, to: number): number {
  let sum = 0;
  for (let place = from; place < to; place++) sum += series[place]!;
  return to > from ? sum / (to - from) : 0;
}

function weightedMean(pairs: readonly (readonly [value: number, weight: number])[]): number {
  const weights = pairs.reduce((sum, [, weight]) => sum + weight, 0);
  return pairs.reduce((sum, [value, weight]) => sum + value * weight, 0) / weights;
}
