import { z } from "zod";
import { part } from "../../core/catalogue.ts";
import type { BatchingPolicy } from "../policy.ts";
import { headThatFits, holdOf, joiningAtOnce, maxSequences, roomFor } from "./limits.ts";

/**
 * Prompts first: while a waiting request can be admitted, the next step reads whole prompts and nothing else, and the
 * running sequences wait; otherwise all of them decode (the scheduler of vLLM before its V1 engine, `max_num_seqs` and
 * `max_num_batched_tokens`; Kwon et al., SOSP 2023). A prompt longer than the limit runs alone.
 */
export const prefillFirst = part({
  summary: "vLLM v0: steps that read waiting prompts, and only those, come before steps that decode",
  options: z.strictObject({
    maxSequences,
    maxPrefillTokens: z
      .int()
      .positive()
      .default(8192)
      .describe("prompt tokens of one step, unless one prompt is longer"),
  }),
  build: (options): BatchingPolicy => ({
    plan(replica) {
      const room = roomFor(options.maxSequences, replica);
      const admit = headThatFits(replica, room.most, options.maxPrefillTokens);
      const reads = joiningAtOnce(replica, admit) < admit;
      return { admit, decode: !reads, hold: holdOf(admit, room, replica.waiting.length) };
    },
  }),
});
