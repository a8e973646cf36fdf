import { Tally } from "./tally.ts";

/** Between half as many and this many sections are kept, whatever the length of the run. */
const mostSections = 40;

/** A section is never of fewer finished requests. */
const shortestSection = 16;

/**
 * A run cut into sections of equally many finished requests, for intervals by batch means. How long the run will be need
 * not be known: when there are too many sections, neighbours merge and sections grow twice as long.
 */
export class Sections {
  #complete: Tally[] = [];
  #current = new Tally();
  #finishesOfSection = shortestSection;

  get current(): Tally {
    return this.#current;
  }

  /** The sections so far, the last and shorter one left out. */
  get complete(): readonly Tally[] {
    return this.#complete;
  }

  get isFull(): boolean {
    return this.#current.counts.finished >= this.#finishesOfSection;
  }

  /** Ends the current section. */
  cut(): void {
    this.#complete.push(this.#current);
    this.#current = new Tally();
    if (this.#complete.length < mostSections) return;
    this.#complete = this.#complete.flatMap((section, index, all) => {
      if (index % 2 === 1) return [];
      section.merge(all[index + 1]!);
      return [section];
    });
    this.#finishesOfSection *= 2;
  }

  /** All sections together, the last one included. */
  total(): Tally {
    const total = new Tally();
    for (const section of this.#complete) total.merge(section);
    total.merge(this.#current);
    return total;
  }
}
