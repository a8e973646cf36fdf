import { z } from "zod";
import { part } from "../../core/catalogue.ts";
import type { OrderMaker } from "../order.ts";
import { predictors } from "../predictors.ts";

/**
 * Shortest predicted output first, without preemption: speculative shortest job first (SSJF: Qiu et al., Efficient
 * interactive LLM serving with proxy model-based sequence length prediction, AIOps 2024). The prediction is made as a
 * request arrives and stays, also after a preemption.
 */
export const shortestOutput = part({
  summary: "fewest output tokens first, by a predictor",
  options: z.strictObject({ predictor: predictors.schema.describe("foretells output tokens as a request arrives") }),
  build:
    ({ predictor }): OrderMaker =>
    (streams) => ({
      preemptive: false,
      predictor: predictors.build(predictor)(streams),
      key: (request) => request.predictedOutputTokens,
    }),
});
