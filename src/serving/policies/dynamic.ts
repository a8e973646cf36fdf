import { z } from "zod";
import { part } from "../../core/catalogue.ts";
import { quantity } from "../../core/quantity.ts";
import type { BatchingPolicy } from "../policy.ts";
import { maxSequences } from "./limits.ts";
import { isUnderWay, wholeBatch } from "./static.ts";

/**
 * Dynamic batching: static batches, each of which starts once enough requests wait or the oldest of them has waited long
 * enough (the dynamic batcher of Triton Inference Server: preferred size, maximum queue delay).
 */
export const dynamic = part({
  summary: "Triton: static batches that start at a size, or when the oldest request has waited for a timeout",
  options: z
    .strictObject({
      maxSequences,
      minSequences: z.int().positive().default(8).describe("requests that start a batch before the timeout"),
      timeout: quantity("seconds").default(0.1).describe("longest that the oldest request waits for others"),
    })
    .refine(({ minSequences, maxSequences: most }) => minSequences <= most, {
      error: "is more than maxSequences",
      path: ["minSequences"],
      params: { allowed: "at most maxSequences" },
    }),
  build: (options): BatchingPolicy => ({
    release: "together",
    plan(replica) {
      const { waiting, nowSeconds } = replica;
      if (isUnderWay(replica) || waiting.length === 0) return { admit: 0, hold: "until-departure" };
      const againSeconds = waiting.oldestArrivalSeconds + options.timeout;
      const isDue = waiting.length >= options.minSequences || nowSeconds >= againSeconds;
      if (!isDue) return { admit: 0, againSeconds };
      return { admit: wholeBatch(options.maxSequences, replica), hold: "until-departure" };
    },
  }),
});
