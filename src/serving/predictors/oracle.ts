import { z } from "zod";
import { part } from "../../core/catalogue.ts";
import type { PredictorMaker } from "../predictor.ts";

/** Sees the true length, as no server can: what prediction could gain at the very best. */
export const oracle = part({
  summary: "the true output length, which no server knows: the best that prediction could do",
  options: z.strictObject({}),
  build: (): PredictorMaker => () => ({ predict: (request) => request.outputTokens }),
});
