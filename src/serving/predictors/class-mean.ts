import { z } from "zod";
import { part } from "../../core/catalogue.ts";
import type { PredictorMaker } from "../predictor.ts";

/** The mean output of the requests of the same class that have finished so far. Knows nothing before the first of them. */
export const classMean = part({
  summary: "the mean output so far of the request's class; 0 before the first has finished",
  options: z.strictObject({}),
  build: (): PredictorMaker => () => {
    const finished = new Map<string | undefined, { requests: number; tokens: number }>();
    return {
      predict({ className }) {
        const known = finished.get(className);
        return known === undefined ? 0 : known.tokens / known.requests;
      },
      learn({ className, emittedTokens }) {
        const known = finished.get(className) ?? { requests: 0, tokens: 0 };
        finished.set(className, { requests: known.requests + 1, tokens: known.tokens + emittedTokens });
      },
    };
  },
});
