import { z } from "zod";
import { part } from "../../core/catalogue.ts";
import { quantity } from "../../core/quantity.ts";
import type { OrderMaker } from "../order.ts";

/**
 * By priority, the smaller the sooner, and in order of arrival within one, as vLLM (`--scheduling-policy priority`). With
 * `preemptive` a request also takes the place of a running one of a larger number, as vLLM's first engine did.
 *
 * With aging, `aging` seconds of waiting count as much as one priority level. All age at the same pace, so the order of two
 * requests never changes: the key is `priority · aging + arrival`. Of two requests that wait, the less urgent one is
 * overtaken by no request that arrived more than `aging` times the difference of their priorities after it; without aging
 * it may wait as long as others keep coming.
 */
export const priority = part({
  summary: "smaller priority first, first come first served within one; with aging, waiting counts as priority",
  options: z.strictObject({
    aging: quantity("seconds", { positive: true })
      .optional()
      .describe("seconds of waiting that are worth one priority level; left out, waiting is worth nothing"),
    preemptive: z
      .boolean()
      .default(false)
      .describe("whether a request takes the place of a running one that it precedes"),
  }),
  build:
    ({ aging, preemptive }): OrderMaker =>
    () => ({
      preemptive,
      key:
        aging === undefined
          ? (request) => request.priority
          : (request) => request.priority * aging + request.arrivalSeconds,
    }),
});
