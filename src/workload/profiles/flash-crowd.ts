import { z } from "zod";
import { part } from "../../core/catalogue.ts";
import { quantity } from "../../core/quantity.ts";
import type { RateProfile } from "./rate-profile.ts";

export const flashCrowd = part({
  summary: "a steady rate, and once a crowd: a straight rise to the peak, a stay, a straight fall",
  options: z.strictObject({
    base: quantity("perSecond", { positive: true }),
    peak: quantity("perSecond", { positive: true }),
    at: quantity("seconds").describe("when the rise begins"),
    rise: quantity("seconds").default(0),
    hold: quantity("seconds"),
    fall: quantity("seconds").default(0),
  }),
  build: ({ base, peak, at, rise, hold, fall }): RateProfile => {
    const fallSeconds = at + rise + hold;
    return {
      meanRate: undefined,
      highestRate: Math.max(base, peak),
      rateAt(seconds) {
        if (seconds < at || seconds >= fallSeconds + fall) return base;
        if (seconds < at + rise) return base + ((peak - base) * (seconds - at)) / rise;
        return seconds < fallSeconds ? peak : peak + ((base - peak) * (seconds - fallSeconds)) / fall;
      },
    };
  },
});
