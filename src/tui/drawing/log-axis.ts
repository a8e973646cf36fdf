/** A logarithmic axis over what it has to show. */
export interface LogAxis {
  /** Where a value lies, as a share of the axis. */
  place(value: number): number;
  readonly ticks: readonly number[];
}

/** The ends of an axis are chosen from these, so that it stays where it is while values wander. */
const ends = [1, 1.5, 2, 3, 5, 7];
const coarseTicks = [1];
const ticks = [1, 2, 5];

/** An axis over positive values. The values may not be empty. */
export function logAxis(values: readonly number[]): LogAxis {
  const low = roundNumbers(ends, Math.min(...values) / 10, Math.min(...values)).at(-1)!;
  const high = roundNumbers(ends, Math.max(...values), 10 * Math.max(...values)).find((end) => end > low)!;
  const decades = Math.log10(high / low);
  return {
    place: (value) => Math.log10(value / low) / decades,
    ticks: roundNumbers(decades > 2.5 ? coarseTicks : ticks, low, high),
  };
}

/** All numbers from `low` to `high` of the form digit · 10ⁿ. */
function roundNumbers(digits: readonly number[], low: number, high: number): number[] {
  const slack = 1 + 1e-9;
  const first = Math.floor(Math.log10(low));
  const last = Math.ceil(Math.log10(high));
  return Array.from({ length: last - first + 1 }, (_, index) => first + index)
    .flatMap((exponent) => digits.map((digit) => Number(`${digit}e${exponent}`)))
    .filter((value) => value * slack >= low && value <= high * slack);
}
