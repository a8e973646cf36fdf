import { z } from "zod";
import { part } from "../../core/catalogue.ts";
import { quantity } from "../../core/quantity.ts";
import type { RateProfile } from "./rate-profile.ts";

export const square = part({
  summary: "two rates in turn, the high one first",
  options: z.strictObject({
    high: quantity("perSecond", { positive: true }),
    low: quantity("perSecond"),
    period: quantity("seconds", { positive: true }),
    duty: z.number().gt(0).lt(1).default(0.5).describe("share of the period at the high rate"),
  }),
  build: ({ high, low, period, duty }): RateProfile => ({
    meanRate: duty * high + (1 - duty) * low,
    highestRate: Math.max(high, low),
    rateAt: (seconds) => (seconds % period < duty * period ? high : low),
  }),
});
