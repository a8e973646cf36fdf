import { randomLogNormal } from "d3-random";
import { z } from "zod";
import { part } from "../../core/catalogue.ts";
import { normalCdf } from "../../core/normal.ts";
import { roundedLengths } from "./rounded-lengths.ts";

export const lognormal = part({
  summary: "lognormal by mean and coefficient of variation, rounded to whole tokens, at least 1 and at most `max`",
  options: z.strictObject({
    mean: z.number().min(1),
    cv: z.number().min(0).max(100).default(1).describe("standard deviation over mean, before rounding and cutting"),
    max: z.int().positive().default(1_000_000).describe("longer draws are cut to this many tokens"),
  }),
  build({ mean, cv, max }) {
    const variance = Math.log(1 + cv * cv);
    const location = Math.log(mean) - variance / 2;
    const deviation = Math.sqrt(variance);
    const survival = (x: number) =>
      deviation === 0 ? Number(x <= mean) : normalCdf((location - Math.log(x)) / deviation);
    return roundedLengths({ survival, sampler: (random) => randomLogNormal.source(random)(location, deviation) }, max);
  },
});
