import { z } from "zod";
import { part } from "../../core/catalogue.ts";
import type { BatchingPolicy, ReplicaView } from "../policy.ts";
import { headThatFits, holdOf, joiningAtOnce, maxSequences, type Room, roomFor } from "./limits.ts";

/**
 * Chunked prefill: every step has a budget of tokens; running sequences take one each, and what is left reads prompts in
 * pieces, those begun earlier first. A step, and so the time between two tokens of a sequence, is never longer than its
 * budget's (Agrawal et al., Sarathi-Serve, OSDI 2024; the scheduler of vLLM's V1 engine).
 */
export const chunkedPrefill = part({
  summary: "Sarathi-Serve, vLLM v1: each step decodes first and reads pieces of prompts within a budget of tokens",
  options: z.strictObject({
    maxSequences,
    tokenBudget: z
      .int()
      .positive()
      .default(512)
      .describe("tokens of a step, of decoding sequences and prompts together"),
  }),
  build: (options): BatchingPolicy => ({
    plan(replica) {
      const { sequences, prefillTokensLeft } = replica.microbatch;
      const promptTokens = Math.max(0, options.tokenBudget - sequences);
      const room = roomFor(options.maxSequences, replica);
      const begun = headThatBegins(replica, room, promptTokens - prefillTokensLeft);
      const admit = headThatFits(replica, begun);
      // With a budget that decoding uses up, prompts wait for a departure.
      const hold = promptTokens === 0 ? "until-departure" : holdOf(admit, room, replica.waiting.length);
      return {
        admit,
        promptTokens: Math.max(0, promptTokens - joiningAtOnce(replica, admit)),
        hold: begun < room.most && promptTokens > 0 ? "step" : hold,
      };
    },
  }),
});

/** How many requests at the head of the queue take a token of the step, so many being left: of their prompts, or to decode. */
function headThatBegins(replica: ReplicaView, { most }: Room, promptTokens: number): number {
  let left = promptTokens;
  for (let place = 0; place < most; place++) {
    if (left <= 0) return place;
    left -= Math.max(1, replica.prefillTokensFor(replica.waiting.at(place)!));
  }
  return most;
}
