import { z } from "zod";
import { part } from "../../core/catalogue.ts";
import type { BatchingPolicy, Hold, ReplicaView } from "../policy.ts";

/**
 * Continuous batching: at each step boundary the running batch takes waiting requests first-come-first-served while the
 * sequence cap and the KV capacity allow, and a newcomer's whole prompt runs in that step beside one token for each
 * running sequence (iteration-level scheduling: Yu et al., Orca, OSDI 2022).
 *
 * Over several microbatches the cap is shared evenly, and none takes more than its even share of what is there to run.
 */
export const continuous = part({
  summary: "Orca: waiting requests join the running batch at each step boundary, first come first served",
  options: z.strictObject({
    maxSequences: z
      .int()
      .positive()
      .default(256)
      .describe("the most sequences that run at once, over all microbatches"),
  }),
  build:
    ({ maxSequences }): BatchingPolicy =>
    (replica) => {
      const { waiting, microbatch } = replica;
      const room = evenShare(maxSequences, replica) - microbatch.sequences;
      const most = Math.min(room, fairShare(replica) - microbatch.sequences, waiting.length);
      const admit = most > 0 ? headThatFits(replica, most) : 0;
      return { admit, hold: holdOf(admit, most, room, waiting.length) };
    },
});

/** This microbatch's part of a cap that all share. */
function evenShare(cap: number, { microbatches, microbatch }: ReplicaView): number {
  return Math.floor(cap / microbatches) + (microbatch.index < cap % microbatches ? 1 : 0);
}

/** The size at which all microbatches would be equal, were all that waits taken. */
function fairShare({ microbatches, runningSequences, waiting }: ReplicaView): number {
  return Math.ceil((runningSequences + waiting.length) / microbatches);
}

/** How many requests at the head of the queue the free KV blocks take, at most `most`. */
function headThatFits(replica: ReplicaView, most: number): number {
  let freeBlocks = replica.microbatch.freeKvBlocks;
  for (let place = 0; place < most; place++) {
    freeBlocks -= replica.kvBlocksFor(replica.waiting.at(place)!);
    if (freeBlocks < 0) return place;
  }
  return most;
}

/** A full batch or cache only a departure can open; a share that others' numbers set may change with any step. */
function holdOf(admit: number, most: number, room: number, waiting: number): Hold {
  if (admit === room || admit < most) return "until-departure";
  return admit < waiting ? "step" : "until-arrival";
}
