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
    return this;
  }

  kvBlocksFor(request: RequestView): number {
    return Math.ceil(this.prefillTokensFor(request) / this.#blockTokens);
  }

  prefillTokensFor({ promptTokens, emittedTokens }: RequestView): number {
    return promptTokens + emittedTokens;
  }
}
