import type { BatchShape } from "../bounds/step-time.ts";
import { KvLedger } from "./kv-ledger.ts";
import type { Request } from "./request.ts";
import { RunningSet } from "./running-set.ts";

/** What a step's prefills add to a batch. */
export interface PrefillLoad {
  readonly tokens: number;
  readonly pairs: number;
  readonly recomputedTokens: number;
}

export const noPrefill: PrefillLoad = { tokens: 0, pairs: 0, recomputedTokens: 0 };

/** A whole prefill of p tokens attends to p·(p-1)/2 pairs: each token to those before it. */
export function prefillLoad(requests: readonly Request[]): PrefillLoad {
  let tokens = 0;
  let pairs = 0;
  let recomputedTokens = 0;
  for (const request of requests) {
    const p = request.prefillTokens;
    tokens += p;
    pairs += (p * (p - 1)) / 2;
    if (request.preemptions > 0) recomputedTokens += p;
  }
  return { tokens, pairs, recomputedTokens };
}

/** One of a replica's running sets, with the part of the KV cache that is its own, as in vLLM's pipeline engines. */
export class Microbatch {
  readonly index: number;
  readonly running = new RunningSet();
  readonly kv: KvLedger;
  /** When its sequences last had a token. */
  lastTokenSeconds = Number.NaN;

  constructor(index: number, kvCapacityTokens: number, blockTokens: number) {
    this.index = index;
    this.kv = new KvLedger(kvCapacityTokens, blockTokens);
  }

  /** The shape of a step that decodes every sequence and runs some prefills beside them. */
  shape(prefill: PrefillLoad, prefills: number): BatchShape {
    const { size, contextTokens } = this.running;
    return {
      tokens: size + prefill.tokens,
      attentionPairs: contextTokens + prefill.pairs,
      kvTokensRead: contextTokens,
      sequences: size + prefills,
      outputs: size + prefills,
      microbatch: this.index,
    };
  }

  /** KV blocks left once every sequence has what its next token needs; negative where that does not suffice. */
  get freeBlocksAfterStep(): number {
    return this.kv.freeBlocks - this.kv.growth(this.running.step, 1);
  }

  /** Steps that can follow one another before a sequence ends or the cache is full. */
  get stepsUntilChange(): number {
    return Math.min(this.running.stepsUntilEnd, this.kv.stepsUntilFull(this.running.step));
  }

  /** Lets every sequence take that many tokens. */
  advance(steps: number): void {
    this.kv.grow(this.running.step, steps);
    this.running.advance(steps);
  }

  /** A request whose prefill is in the cache, and whose next token it emitted, decodes from now on. */
  join(request: Request, contextTokens: number): void {
    this.kv.startDecoding(contextTokens, this.running.step);
    this.running.join(request, contextTokens);
  }

  /** Takes out a request that has emitted all its tokens, if there is one. */
  takeEnded(): Request | undefined {
    const sequence = this.running.takeEnded();
    return sequence && this.#release(sequence);
  }

  /** Takes out the request that joined last, with the tokens that its cache held. */
  takeNewest(): { request: Request; droppedTokens: number } {
    const sequence = this.running.takeNewest();
    return { droppedTokens: this.running.contextOf(sequence), request: this.#release(sequence) };
  }

  #release(sequence: ReturnType<RunningSet["takeNewest"]>): Request {
    this.kv.release(this.running.contextOf(sequence), this.running.step);
    sequence.request.emittedTokens += this.running.emittedSinceJoin(sequence);
    return sequence.request;
  }
}
