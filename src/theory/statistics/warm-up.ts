/** How much of the start of a series is warm-up. */
export interface WarmUp {
  /** Observations to leave out at the start. */
  readonly observations: number;
  /** False where the best cut lies at the end of the search (half of the series): the run is then too short to tell. */
  readonly settled: boolean;
}

const groupSize = 5;

/**
 * Warm-up by MSER-5 (White 1997; White, Cobb and Spratt 2000): of the series averaged in fives, leave out the first `d`
 * averages that minimise `Σ_{i>d} (Y_i - Ȳ_d)² / (m - d)²`, the squared standard error of what remains, `d ≤ m/2`.
 */
export function mserWarmUp(series: ArrayLike<number>): WarmUp {
  const groups = Math.floor(series.length / groupSize);
  const furthest = Math.floor(groups / 2);
  let mean = 0;
  let squares = 0;
  let best = 0;
  let least = Number.POSITIVE_INFINITY;
  for (let group = groups - 1; group >= 0; group--) {
    const value = groupAverage(series, group);
    const kept = groups - group;
    const change = value - mean;
    mean += change / kept;
    squares += change * (value - mean);
    const error = squares / (kept * kept);
    if (group <= furthest && error <= least) {
      least = error;
      best = group;
    }
  }
  return { observations: best * groupSize, settled: groups > 0 && best < furthest };
}

function groupAverage(series: ArrayLike<number>, group: number): number {
  let sum = 0;
  for (let i = group * groupSize; i < (group + 1) * groupSize; i++) sum += series[i]!;
  return sum / groupSize;
}
