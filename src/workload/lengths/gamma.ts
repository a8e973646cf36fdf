import { randomGamma } from "d3-random";
import { z } from "zod";
import { part } from "../../core/catalogue.ts";
import { roundedLengths } from "./rounded-lengths.ts";
import { upperGamma } from "./upper-gamma.ts";

export const gamma = part({
  summary: "gamma by mean and coefficient of variation, rounded to whole tokens, at least 1 and at most `max`",
  options: z.strictObject({
    mean: z.number().min(1),
    cv: z.number().min(0.01).max(100).default(1).describe("standard deviation over mean, before rounding and cutting"),
    max: z.int().positive().default(1_000_000).describe("longer draws are cut to this many tokens"),
  }),
  build({ mean, cv, max }) {
    const shape = cv ** -2;
    const scale = mean / shape;
    const survival = (x: number) => upperGamma(shape, x / scale);
    return roundedLengths({ survival, sampler: (random) => randomGamma.source(random)(shape, scale) }, max);
  },
});
