import { z } from "zod";
import { part } from "../../core/catalogue.ts";
import type { OrderMaker } from "../order.ts";
import { predictors } from "../predictors.ts";

/**
 * Shortest remaining output first, with preemption (shortest remaining processing time: Schrage 1968; over predicted
 * outputs of language models TRAIL: Shahout et al., Don't stop me now, ICLR 2025). The key is the predicted output less what
 * has been emitted, so a request that was preempted comes back with fewer tokens to go. Only output counts, not the prefill
 * that a preempted request has to run again.
 *
 * A waiting request with fewer tokens to go displaces the running sequence with the most. As in TRAIL a sequence can be
 * displaced only until it has emitted more than the share `preemptUntil` of its prediction: from then on it goes before all
 * that have not come so far, in order of arrival. With 1 this holds for sequences that have outrun their prediction, which
 * says nothing about them any more; with 0 nothing that has emitted a token is displaced.
 */
export const srpt = part({
  summary: "fewest output tokens to go first, by a predictor; displaces running sequences that have more to go",
  options: z.strictObject({
    predictor: predictors.schema.describe("foretells output tokens as a request arrives"),
    preemptUntil: z
      .number()
      .min(0)
      .max(1)
      .default(1)
      .describe("share of its predicted output that a sequence emits before it can no longer be displaced"),
  }),
  build:
    ({ predictor, preemptUntil }): OrderMaker =>
    (streams) => ({
      preemptive: true,
      predictor: predictors.build(predictor)(streams),
      key({ predictedOutputTokens }, emittedTokens) {
        if (emittedTokens > preemptUntil * predictedOutputTokens) return Number.NEGATIVE_INFINITY;
        return predictedOutputTokens - emittedTokens;
      },
    }),
});
