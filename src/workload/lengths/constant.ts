import { z } from "zod";
import { part } from "../../core/catalogue.ts";
import type { LengthDistribution } from "./length-distribution.ts";

export const constant = part({
  summary: "every request the same",
  options: z.strictObject({ tokens: z.int().positive() }),
  build: ({ tokens }): LengthDistribution => ({
    mean: tokens,
    variance: 0,
    longest: tokens,
    exceeds: (other) => (tokens > other ? 1 : 0),
    sampler: () => () => tokens,
  }),
});
