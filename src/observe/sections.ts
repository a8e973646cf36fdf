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

/** What is added up over a stretch of a run; that of two stretches merges into that of both. */
export interface Additive<Part> {
  readonly counts: { readonly finished: number };
  merge(other: Part): void;
  /** Gives back the memory that only counting needs. */
  compact(): void;
}

/**
 * A run cut into sections of equally many finished requests, for intervals by batch means. How long the run will be need
 * not be known: when there are too many sections, neighbours merge and sections grow twice as long.
 */
export class SectionsOf<Part extends Additive<Part>> {
  readonly #fresh: () => Part;
  #complete: Part[] = [];
  #current: Part;
  #finishesOfSection: number;

  /** Where it is known how many requests will finish, sections are cut to their final length at once. */
  constructor(fresh: () => Part, expectedFinishes?: number) {
    this.#fresh = fresh;
    this.#current = fresh();
    this.#finishesOfSection = expectedFinishes === undefined ? shortestSection : sectionLength(expectedFinishes);
  }

  get current(): Part {
    return this.#current;
  }

  /** The sections so far, the last and shorter one left out. */
  get complete(): readonly Part[] {
    return this.#complete;
  }

  get isFull(): boolean {
    return this.#current.counts.finished >= this.#finishesOfSection;
  }

  /** Ends the current section. */
  cut(): void {
    this.#current.compact();
    this.#complete.push(this.#current);
    this.#current = this.#fresh();
    if (this.#complete.length < mostSections) return;
    this.#complete = pairwise(this.#complete, this.#fresh);
    this.#finishesOfSection *= 2;
  }

  /** All sections together, the last one included. */
  total(): Part {
    const total = this.#fresh();
    for (const section of this.#complete) total.merge(section);
    total.merge(this.#current);
    return total;
  }
}

/** Sections of the measurement. */
export class Sections extends SectionsOf<Tally> {
  constructor(expectedFinishes?: number) {
    super(newTally, expectedFinishes);
  }
}

export const newTally = () => new Tally();

/** Sections, then half as many and twice as long, and so on: longer sections resemble their neighbours less. */
export function groupingsOf<Part extends Additive<Part>>(
  sections: readonly Part[],
  fresh: () => Part,
): (readonly Part[])[] {
  const groupings = [sections];
  for (let pairs = pairwise(sections, fresh); pairs.length > 1; pairs = pairwise(pairs, fresh)) groupings.push(pairs);
  return groupings;
}

/** Neighbouring sections as one; of an odd number the oldest is left out. */
function pairwise<Part extends Additive<Part>>(sections: readonly Part[], fresh: () => Part): Part[] {
  const odd = sections.length % 2;
  return Array.from({ length: (sections.length - odd) / 2 }, (_, pair) => {
    const merged = fresh();
    merged.merge(sections[odd + 2 * pair]!);
    merged.merge(sections[odd + 2 * pair + 1]!);
    merged.compact();
    return merged;
  });
}
