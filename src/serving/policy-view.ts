import type { KvCache } from "./kv-cache.ts";
import type { Microbatch } from "./microbatch.ts";
import type { ReplicaView } from "./policy.ts";
import type { Request, RequestView } from "./request.ts";
import type { WaitingQueue } from "./waiting-queue.ts";

/** What a replica shows its policy: one object, told anew before each question, so that asking allocates nothing. */
export class PolicyView implements ReplicaView {
  readonly waiting: WaitingQueue;
  readonly microbatches: number;
  readonly microbatch = { index: 0, sequences: 0, prefilling: 0, prefillTokensLeft: 0, freeKvBlocks: 0 };
  nowSeconds = 0;
  runningSequences = 0;
  #kv: KvCache | undefined;

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
    this.microbatch.freeKvBlocks = microbatch.freeBlocksForAdmission;
    this.#kv = microbatch.kv;
    return this;
  }

  kvBlocksFor(request: RequestView): number {
    return this.#kv!.blocksToAdmit(request as Request, request.promptTokens + request.emittedTokens);
  }

  prefillTokensFor(request: RequestView): number {
    const tokens = request.promptTokens + request.emittedTokens;
    return tokens - this.#kv!.cachedTokens(request as Request, tokens);
  }
}
