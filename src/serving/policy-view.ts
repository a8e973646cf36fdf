import type { Microbatch } from "./microbatch.ts";
import type { ReplicaView } from "./policy.ts";
import type { RequestView } from "./request.ts";
import type { WaitingQueue } from "./waiting-queue.ts";

/** What a replica shows its policy: one object, told anew before each question, so that asking allocates nothing. */
export class PolicyView implements ReplicaView {
  readonly waiting: WaitingQueue;
  readonly microbatches: number;
  readonly microbatch = { index: 0, sequences: 0, prefilling: 0, prefillTokensLeft: 0, freeKvBlocks: 0 };
  nowSeconds = 0;
  runningSequences = 0;
  #blockTokens = 1;
  #draftBlocks = 0;

  constructor(waiting: WaitingQueue, microbatches: number) {
    this.waiting = waiting;
    this.microbatches = microbatches;
  }

  tell(nowSeconds: number, runningSequences: number, microbatch: Microbatch): this {
    this.nowSeconds = nowSeconds;
    this.runningSequences = runningSequences;
    this.microbatch.index = microbatch.index;
    this.microbatch.sequences = microbatch.running.size;
    this.microbatch.prefilling = microbatch.prefills.length;
    this.microbatch.prefillTokensLeft = microbatch.prefillTokensLeft;
    this.microbatch.freeKvBlocks = microbatch.freeBlocksAfterStep;
    this.#blockTokens = microbatch.kv.blockTokens;
    this.#draftBlocks = microbatch.draftBlocks;
    return this;
  }

  kvBlocksFor(request: RequestView): number {
    const { promptTokens, emittedTokens, carriedTokens } = request;
    // One whose cache comes with it decodes in the next step: its latest token needs room as if it were to be read.
    const blocks = Math.ceil((promptTokens + emittedTokens) / this.#blockTokens);
    return carriedTokens > 0 ? blocks + this.#draftBlocks : blocks;
  }

  prefillTokensFor({ promptTokens, emittedTokens, carriedTokens }: RequestView): number {
    return carriedTokens > 0 ? 0 : promptTokens + emittedTokens;
  }
}
