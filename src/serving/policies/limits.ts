import { z } from "zod";
import type { Hold, ReplicaView } from "../policy.ts";

/** The option by which most policies are capped. */
export const maxSequences = z
  .int()
  .positive()
  .default(256)
  .describe("the most sequences that run at once, over all microbatches");

/** Requests that one microbatch may admit now. */
export interface Room {
  /** By its even share of the sequence cap. */
  readonly byCap: number;
  /** By that, by its fair share of all that is there to run, and by what waits. */
  readonly most: number;
}

/** Over several microbatches the cap is shared evenly, and none takes more than its even share of what is there to run. */
export function roomFor(cap: number, replica: ReplicaView): Room {
  const { microbatches, microbatch, runningSequences, waiting } = replica;
  const admitted = microbatch.sequences + microbatch.prefilling;
  const evenShare = Math.floor(cap / microbatches) + (microbatch.index < cap % microbatches ? 1 : 0);
  const fairShare = Math.ceil((runningSequences + waiting.length) / microbatches);
  const byCap = evenShare - admitted;
  return { byCap, most: Math.max(0, Math.min(byCap, fairShare - admitted, waiting.length)) };
}

/**
 * How many requests at the head of the queue, at most `most`, have room in the KV cache and together no more than
 * `mostPromptTokens` to read; the first is not held back by its length alone.
 */
export function headThatFits(replica: ReplicaView, most: number, mostPromptTokens = Number.POSITIVE_INFINITY): number {
  let freeBlocks = replica.microbatch.freeKvBlocks;
  let promptTokens = 0;
  for (let place = 0; place < most; place++) {
    const request = replica.waiting.at(place)!;
    freeBlocks -= replica.kvBlocksFor(request);
    promptTokens += replica.prefillTokensFor(request);
    if (freeBlocks < 0 || (promptTokens > mostPromptTokens && place > 0)) return place;
  }
  return most;
}

/** How many of so many requests at the head of the queue have nothing to read, so that they decode in the step that they join. */
export function joiningAtOnce(replica: ReplicaView, admit: number): number {
  let joining = 0;
  for (let place = 0; place < admit; place++) {
    if (replica.prefillTokensFor(replica.waiting.at(place)!) === 0) joining++;
  }
  return joining;
}

/** A full batch or cache only a departure can open; a share that others' numbers set may change with any step. */
export function holdOf(admit: number, { byCap, most }: Room, waiting: number): Hold {
  if (admit === byCap || admit < most) return "until-departure";
  return admit < waiting ? "step" : "until-arrival";
}
