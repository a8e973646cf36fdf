import { Tally } from "./tally.ts";

/** There are always fewer sections than this, and unless the run is very short at least half as many. */
const mostSections = 40;

/** Where the length of a run is known it has so many sections, fewer where they would be short, but not fewer than ten. */
const knownSections = { most: 30, least: 10, finishesEach: 100 };

/** Finished requests of the first sections of a run whose length is not known. */
const shortestSection = 32;

function sectionLength(expectedFinishes: number): number {
  const { most, least, finishesEach } = knownSections;
  const sections = Math.min(most, Math.max(least, Math.floor(expectedFinishes / finishesEach)));
  return Math.ceil(expectedFinishes / sections);
}

/**
 * A run cut into sections of equally many finished requests, for intervals by batch means. How long the run will be need
 * not be known: when there are too many sections, neighbours merge and sections grow twice as long.
 */
export class Sections {
  #complete: Tally[] = [];
  #current = new Tally();
  #finishesOfSection: number;

  /** Where it is known how many requests will finish, sections are cut to their final length at once. */
  constructor(expectedFinishes?: number) {
    this.#finishesOfSection = expectedFinishes === undefined ? shortestSection : sectionLength(expectedFinishes);
  }

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
    this.#current.compact();
    this.#complete.push(this.#current);
    this.#current = new Tally();
    if (this.#complete.length < mostSections) return;
    this.#complete = pairwise(this.#complete);
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

/** Neighbouring sections as one; of an odd number the oldest is left out. */
export function pairwise(sections: readonly Tally[]): Tally[] {
  const odd = sections.length % 2;
  return Array.from({ length: (sections.length - odd) / 2 }, (_, pair) => {
    const merged = new Tally();
    merged.merge(sections[odd + 2 * pair]!);
    merged.merge(sections[odd + 2 * pair + 1]!);
    merged.compact();
    return merged;
  });
}
