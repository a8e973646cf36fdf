import { z } from "zod";
import { part } from "../../core/catalogue.ts";
import type { LengthDistribution } from "./length-distribution.ts";

export const constant = part({
  summary: "every request the same",
  options: z.strictObject({ tokens: z.int().positive() }),
  build: ({ tokens }): LengthDistribution => ({ sampler: () => () => tokens }),
});
