import seedrandom from "seedrandom";

/** A source of independent uniform numbers in [0, 1) with 53 random bits. */
export type Random = () => number;

/** Hands out one independent stream for each purpose, so that drawing more for one purpose leaves the others as they were. */
export type RandomStreams = (purpose: string) => Random;

/**
 * Named random streams of a seed, such as `streams("arrivals/chat")`: same seed and purpose, same numbers.
 * Each is seedrandom's Alea generator (Baagøe 2010).
 */
export function randomStreams(seed: number | string): RandomStreams {
  return (purpose) => seedrandom.alea(`${seed}/${purpose}`).double;
}
