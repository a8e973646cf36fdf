import { randomExponential } from "d3-random";
import { z } from "zod";
import { quantity } from "../../core/quantity.ts";
import type { Random } from "../../core/random.ts";

/** How long a user takes between an answer and the next request. */
export const thinkTimeOptions = {
  thinkTime: quantity("seconds").default(0),
  thinkDistribution: z.enum(["constant", "exponential"]).default("constant"),
} as const;

interface ThinkTime {
  readonly thinkTime: number;
  readonly thinkDistribution: "constant" | "exponential";
}

/** Draws think times in seconds. */
export function thinkTimes({ thinkTime, thinkDistribution }: ThinkTime, random: Random): () => number {
  if (thinkDistribution === "constant" || thinkTime === 0) return () => thinkTime;
  return randomExponential.source(random)(1 / thinkTime);
}
