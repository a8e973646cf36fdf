import { z } from "zod";
import { part } from "../../core/catalogue.ts";
import { quantity } from "../../core/quantity.ts";
import type { RateProfile } from "./rate-profile.ts";

/** `mean·(1 + swing·sin(2πt/period))`. */
export const diurnal = part({
  summary: "a sine around the mean: starts there, rising",
  options: z.strictObject({
    mean: quantity("perSecond", { positive: true }),
    swing: z.number().min(0).max(1).describe("how far the rate rises and falls, as a share of the mean"),
    period: quantity("seconds", { positive: true }).default(86_400),
  }),
  build: ({ mean, swing, period }): RateProfile => ({
    meanRate: mean,
    highestRate: mean * (1 + swing),
    rateAt: (seconds) => mean * (1 + swing * Math.sin((2 * Math.PI * seconds) / period)),
  }),
});
