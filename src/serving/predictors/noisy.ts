import { randomLogNormal } from "d3-random";
import { z } from "zod";
import { part } from "../../core/catalogue.ts";
import type { PredictorMaker } from "../predictor.ts";

/**
 * The true length times a lognormal error of mean 1 and coefficient of variation `cv`: right on average, wrong by a stated
 * measure. The error is drawn from a stream of the request's own, so it is the same for a request whatever else is asked,
 * and whichever order or replica asks.
 */
export const noisy = part({
  summary: "the true output length times a lognormal error of mean 1",
  options: z.strictObject({
    cv: z
      .number()
      .min(0)
      .max(100)
      .describe("standard deviation of the error over its mean, which is 1; 0 is the oracle"),
  }),
  build({ cv }): PredictorMaker {
    const variance = Math.log(1 + cv * cv);
    const deviation = Math.sqrt(variance);
    return (streams) => ({
      predict({ id, outputTokens }) {
        return outputTokens * randomLogNormal.source(streams(`predictor/${id}`))(-variance / 2, deviation)();
      },
    });
  },
});
