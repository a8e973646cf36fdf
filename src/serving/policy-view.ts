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
    this.microbatch.freeKvBlocks = microbatch.freeBlocksForAdmission;
    this.#kv = microbatch.kv;
    this.#draftBlocks = microbatch.draftBlocks;
    return this;
  }

  kvBlocksFor(request: RequestView): number {
    // One whose cache comes with it decodes in the next step: its latest token needs room as if it were to be read.
    const blocks = this.#kv!.blocksToAdmit(request as Request, request.promptTokens + request.emittedTokens);
    return request.carriedTokens > 0 ? blocks + this.#draftBlocks : blocks;
  }

  prefillTokensFor(request: RequestView): number {
    if (request.carriedTokens > 0) return 0;
    const tokens = request.promptTokens + request.emittedTokens;
    return tokens - this.#kv!.cachedTokens(request as Request, tokens);
  }
}
