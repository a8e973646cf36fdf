import { randomInt } from "d3-random";
import { z } from "zod";
import { part } from "../../core/catalogue.ts";
import type { LengthDistribution } from "./length-distribution.ts";

export const uniform = part({
  summary: "any whole number of tokens from `min` to `max`, all as likely",
  options: z
    .strictObject({ min: z.int().positive(), max: z.int().positive() })
    .refine(({ min, max }) => min <= max, { path: ["max"], error: "is below min" }),
  build({ min, max }): LengthDistribution {
    const count = max - min + 1;
    return {
      mean: (min + max) / 2,
      variance: (count ** 2 - 1) / 12,
      longest: max,
      exceeds: (tokens) => Math.min(1, Math.max(0, (max - tokens) / count)),
      sampler: (random) => randomInt.source(random)(min, max + 1),
    };
  },
});
