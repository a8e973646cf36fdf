/** There are always fewer stretches than this. */
const mostStretches = 40;

/** What is counted over a part of a run, and adds up over several. */
export interface Additive<Part> {
  add(other: Part): void;
}

/**
 * A run cut into stretches, for intervals by batch means. How long the run will be need not be known: when there are too many
 * stretches, neighbours become one, and whoever cuts is told to cut half as often.
 */
export class Stretches<Part extends Additive<Part>> {
  readonly #fresh: () => Part;
  #complete: Part[] = [];
  current: Part;
  /** By how much longer stretches are than they were at first. */
  scale = 1;

  constructor(fresh: () => Part) {
    this.#fresh = fresh;
    this.current = fresh();
  }

  /** Ends the current stretch. */
  cut(): void {
    this.#complete.push(this.current);
    this.current = this.#fresh();
    if (this.#complete.length < mostStretches) return;
    this.#complete = this.#pairwise(this.#complete);
    this.scale *= 2;
  }

  /** All stretches together, the last one included, and those that are complete: as they are, pairwise, and so on. */
  result(): { readonly total: Part; readonly groupings: readonly (readonly Part[])[] } {
    const groupings = [this.#complete];
    for (let pairs = this.#pairwise(this.#complete); pairs.length > 1; pairs = this.#pairwise(pairs)) {
      groupings.push(pairs);
    }
    return { total: this.#together([...this.#complete, this.current]), groupings };
  }

  /** Neighbours as one; of an odd number the oldest is left out. */
  #pairwise(stretches: readonly Part[]): Part[] {
    const odd = stretches.length % 2;
    return Array.from({ length: (stretches.length - odd) / 2 }, (_, pair) =>
      this.#together(stretches.slice(odd + 2 * pair, odd + 2 * pair + 2)),
    );
  }

  #together(parts: readonly Part[]): Part {
    const total = this.#fresh();
    for (const part of parts) total.add(part);
    return total;
  }
}
