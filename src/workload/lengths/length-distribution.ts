import type { Random } from "../../core/random.ts";
import type { Moments } from "../request-moments.ts";

/** How many tokens a prompt or an output has: whole numbers from 1 up. Mean and variance are those of what it draws. */
export interface LengthDistribution extends Moments {
  /** Never exceeded. */
  readonly longest: number;
  /** The probability of more than this whole number of tokens. */
  exceeds(tokens: number): number;
  /** Draws lengths from a stream of uniform numbers. */
  sampler(random: Random): () => number;
}
