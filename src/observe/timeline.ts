const mostCells = 240;

/**
 * A level over simulated time as time-weighted means in equal windows. How long the run will be need not be known: when
 * there are too many windows, neighbours merge and windows grow twice as wide.
 */
export class Timeline {
  /** A power of two, so that an instant's cell and a cell's edges are exact. */
  #cellSeconds = 2 ** -10;
  #integrals: number[] = [];

  /** Books a level that went in a straight line from `fromLevel` to `toLevel` between two instants. */
  add(fromSeconds: number, toSeconds: number, fromLevel: number, toLevel = fromLevel): void {
    this.#widenTo(toSeconds);
    const slope = (toLevel - fromLevel) / (toSeconds - fromSeconds);
    for (let from = fromSeconds; from < toSeconds; ) {
      const cell = Math.floor(from / this.#cellSeconds);
      const to = Math.min(toSeconds, (cell + 1) * this.#cellSeconds);
      const middleLevel = fromLevel + slope * ((from + to) / 2 - fromSeconds);
      while (this.#integrals.length <= cell) this.#integrals.push(0);
      this.#integrals[cell] = this.#integrals[cell]! + middleLevel * (to - from);
      from = to;
    }
  }

  /** The mean of each window from the start to the given instant, oldest first; the last window may be a part of one. */
  means(nowSeconds: number): number[] {
    this.#widenTo(nowSeconds);
    const cells = Math.ceil(nowSeconds / this.#cellSeconds);
    return Array.from({ length: cells }, (_, cell) => {
      const seconds = Math.min(nowSeconds, (cell + 1) * this.#cellSeconds) - cell * this.#cellSeconds;
      return (this.#integrals[cell] ?? 0) / seconds;
    });
  }

  #widenTo(seconds: number): void {
    while (seconds > this.#cellSeconds * mostCells) {
      const integrals = this.#integrals;
      this.#integrals = Array.from(
        { length: Math.ceil(integrals.length / 2) },
        (_, cell) => integrals[2 * cell]! + (integrals[2 * cell + 1] ?? 0),
      );
      this.#cellSeconds *= 2;
    }
  }
}
