import { randomGeometric } from "d3-random";
import { z } from "zod";
import { part } from "../../core/catalogue.ts";
import { roundedLengths } from "./rounded-lengths.ts";

export const geometric = part({
  summary: "memoryless: after each token the same chance to go on; at most `max`",
  options: z.strictObject({
    mean: z.number().min(1).describe("before cutting"),
    max: z.int().positive().default(1_000_000).describe("longer draws are cut to this many tokens"),
  }),
  build({ mean, max }) {
    const survival = (x: number) => (1 - 1 / mean) ** Math.floor(x);
    return roundedLengths({ survival, sampler: (random) => randomGeometric.source(random)(1 / mean) }, max);
  },
});
