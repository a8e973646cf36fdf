import { z } from "zod";
import { part } from "../../core/catalogue.ts";
import type { BatchingPolicy } from "../policy.ts";
import { headThatFits, holdOf, maxSequences, roomFor } from "./limits.ts";

/**
 * Continuous batching: at each step boundary the running batch takes waiting requests while the sequence cap and the KV
 * capacity allow, and a newcomer's whole prompt runs in that step beside one token for each running sequence
 * (iteration-level scheduling: Yu et al., Orca, OSDI 2022).
 */
export const continuous = part({
  summary: "Orca: waiting requests join the running batch at each step boundary, their whole prompts beside its tokens",
  options: z.strictObject({ maxSequences }),
  build: (options): BatchingPolicy => ({
    plan(replica) {
      const room = roomFor(options.maxSequences, replica);
      const admit = headThatFits(replica, room.most);
      return { admit, hold: holdOf(admit, room, replica.waiting.length) };
    },
  }),
});
