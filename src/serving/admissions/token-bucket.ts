import { z } from "zod";
import { part } from "../../core/catalogue.ts";
import { quantity } from "../../core/quantity.ts";
import type { Admission } from "../admission.ts";

/**
 * A token bucket: a bucket of size `burst`, full at first, gains `rate` units a second and spills what it cannot hold; a
 * request is let in if the bucket holds what it costs, which is then taken out, and turned away otherwise. What is let in
 * within any stretch of t seconds costs at most `burst + rate·t` in all, and never more than that: the (σ, ρ) arrival curve
 * of Cruz (1991). The units are requests, or tokens of prompts, as providers limit both (requests and tokens per minute);
 * the output is not known when a request arrives and does not count.
 */
export const tokenBucket = part({
  summary: "lets in `rate` requests or prompt tokens a second on average, and a burst on top",
  options: z.strictObject({
    unit: z.enum(["requests", "tokens"]).describe("what is counted: requests, or the tokens of their prompts"),
    rate: quantity("perSecond", { positive: true }).describe(
      "units that the bucket gains in a second, or with /min or /h in a minute or an hour",
    ),
    burst: z
      .number()
      .min(1)
      .describe("units that the bucket holds at most, and at first; what costs more never gets in"),
  }),
  build({ unit, rate, burst }): Admission {
    let level = burst;
    let levelSeconds = 0;
    return ({ promptTokens }, { nowSeconds }) => {
      level = Math.min(burst, level + rate * (nowSeconds - levelSeconds));
      levelSeconds = nowSeconds;
      const cost = unit === "requests" ? 1 : promptTokens;
      if (cost > level) return `needs ${cost} of the ${Math.floor(level)} ${unit} in the bucket`;
      level -= cost;
      return undefined;
    };
  },
});
