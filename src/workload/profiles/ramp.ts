import { z } from "zod";
import { part } from "../../core/catalogue.ts";
import { quantity } from "../../core/quantity.ts";
import type { RateProfile } from "./rate-profile.ts";

export const ramp = part({
  summary: "from one rate to another along a straight line, and there it stays",
  options: z.strictObject({
    from: quantity("perSecond"),
    to: quantity("perSecond", { positive: true }),
    duration: quantity("seconds", { positive: true }),
  }),
  build: ({ from, to, duration }): RateProfile => ({
    meanRate: undefined,
    highestRate: Math.max(from, to),
    rateAt: (seconds) => from + (to - from) * Math.min(1, seconds / duration),
  }),
});
