import { z } from "zod";
import { part } from "../../core/catalogue.ts";
import type { BatchingPolicy, ReplicaView } from "../policy.ts";
import { headThatFits, maxSequences, roomFor } from "./limits.ts";

/**
 * Static batching: a batch starts with what waits, up to the cap, and runs to its longest output; nothing joins it on the
 * way, and sequences that have ended stay in it as padding (FasterTransformer, and the baseline of Orca). Tokens are
 * handed over as they are made.
 */
export const staticBatch = part({
  summary: "a batch takes what waits, up to its size, and runs to its longest output; ended sequences pad it",
  options: z.strictObject({ maxSequences }),
  build: (options): BatchingPolicy => ({
    release: "together",
    plan: (replica) => ({
      admit: isUnderWay(replica) ? 0 : wholeBatch(options.maxSequences, replica),
      hold: "until-departure",
    }),
  }),
});

/** Whether the batch has started and not yet ended. */
export function isUnderWay({ microbatch }: ReplicaView): boolean {
  return microbatch.sequences + microbatch.prefilling > 0;
}

/** How many of the waiting requests a batch that is about to start takes. */
export function wholeBatch(cap: number, replica: ReplicaView): number {
  return headThatFits(replica, roomFor(cap, replica).most);
}
