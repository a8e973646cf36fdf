import type { Random } from "../../core/random.ts";

/** How many tokens a prompt or an output has: whole numbers from 1 up. */
export interface LengthDistribution {
  /** Draws lengths from a stream of uniform numbers. */
  sampler(random: Random): () => number;
}
