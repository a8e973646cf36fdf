import type { LengthDistribution } from "./length-distribution.ts";

/** One of the given values, each as often as its weight says: O(log values) for a draw. */
export function weightedValues(values: readonly number[], weights: readonly number[]): LengthDistribution {
  const cumulative = cumulate(weights);
  const total = cumulative.at(-1)!;
  const meanOf = (figure: (value: number) => number) =>
    values.reduce((sum, value, place) => sum + (weights[place]! / total) * figure(value), 0);
  const mean = meanOf((value) => value);
  return {
    mean,
    variance: meanOf((value) => (value - mean) ** 2),
    longest: values.reduce((most, value, place) => (weights[place]! > 0 ? Math.max(most, value) : most), 1),
    exceeds: (tokens) => meanOf((value) => (value > tokens ? 1 : 0)),
    sampler: (random) => () => values[firstAbove(cumulative, random() * total)]!,
  };
}

function cumulate(weights: readonly number[]): number[] {
  let sum = 0;
  return weights.map((weight) => {
    sum += weight;
    return sum;
  });
}

/** The first place in an ascending list whose entry exceeds a threshold. */
function firstAbove(ascending: readonly number[], threshold: number): number {
  let low = 0;
  let high = ascending.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ascending[middle]! > threshold) high = middle;
    else low = middle + 1;
  }
  return low;
}
