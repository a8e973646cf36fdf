/** How many values of an ascending series are at most `limit`. */
export function countAtMost(sorted: Float64Array, limit: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! <= limit) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Several ascending series read as one, without putting them together: hundreds of runs of a study hold millions of values. */
export class PooledOrder {
  readonly count: number;
  readonly #series: readonly Float64Array[];

  constructor(sortedSeries: readonly Float64Array[]) {
    this.#series = sortedSeries.filter((series) => series.length > 0);
    this.count = this.#series.reduce((sum, series) => sum + series.length, 0);
  }

  get least(): number {
    return Math.min(...this.#series.map((series) => series[0]!));
  }

  get greatest(): number {
    return Math.max(...this.#series.map((series) => series.at(-1)!));
  }

  countAtMost(limit: number): number {
    return this.#series.reduce((sum, series) => sum + countAtMost(series, limit), 0);
  }

  /** The `rank`-th smallest value, counted from 1: halves the range of values until two neighbouring doubles are left. */
  at(rank: number): number {
    let low = this.least;
    if (this.countAtMost(low) >= rank) return low;
    if (rank > this.countAtMost(Number.MAX_VALUE)) return Number.POSITIVE_INFINITY;
    let high = Math.min(this.greatest, Number.MAX_VALUE);
    for (;;) {
      const middle = low + (high - low) / 2;
      if (middle <= low || middle >= high) return high;
      if (this.countAtMost(middle) >= rank) high = middle;
      else low = middle;
    }
  }

  /** The `⌈n·p⌉`-th smallest value. */
  quantile(probability: number): number {
    const rank = Math.ceil(probability * this.count);
    return this.at(Math.min(Math.max(rank, 1), this.count));
  }
}
