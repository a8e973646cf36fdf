import { randomPareto } from "d3-random";
import { z } from "zod";
import { part } from "../../core/catalogue.ts";
import { roundedLengths } from "./rounded-lengths.ts";

/** `P(X > x) = (min/x)^exponent` before rounding and cutting. */
export const pareto = part({
  summary: "Pareto from `min` up, rounded to whole tokens and cut to `max`: a few requests hold most tokens",
  options: z
    .strictObject({
      exponent: z.number().positive().describe("of the tail; without the cut, means exist above 1, variances above 2"),
      min: z.number().min(1),
      max: z.int().positive().describe("longer draws are cut to this many tokens"),
    })
    .refine(({ min, max }) => min <= max, { path: ["max"], error: "is below min" }),
  build({ exponent, min, max }) {
    const survival = (x: number) => (x <= min ? 1 : (min / x) ** exponent);
    return roundedLengths(
      {
        survival,
        sampler(random) {
          const draw = randomPareto.source(random)(exponent);
          return () => min * draw();
        },
      },
      max,
    );
  },
});
