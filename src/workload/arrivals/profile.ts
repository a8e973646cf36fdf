import { randomExponential } from "d3-random";
import { z } from "zod";
import { part } from "../../core/catalogue.ts";
import { profiles } from "../profiles.ts";
import { openLoop } from "./open-loop.ts";

/** A Poisson process of changing rate by thinning (Lewis and Shedler 1979): candidates at the highest rate, kept by chance. */
export const profile = part({
  summary: "Poisson arrivals whose rate follows the clock: a day, a ramp, a flash crowd, a square wave",
  options: z.strictObject({ rate: profiles.schema }),
  build({ rate }) {
    const { meanRate, highestRate, rateAt } = profiles.build(rate);
    return openLoop({
      meanRate,
      sampler(random) {
        const gapSeconds = randomExponential.source(random)(highestRate);
        return (afterSeconds) => {
          let seconds = afterSeconds;
          do seconds += gapSeconds();
          while (random() * highestRate >= rateAt(seconds));
          return seconds;
        };
      },
    });
  },
});
