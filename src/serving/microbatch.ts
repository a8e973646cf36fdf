import type { BatchShape } from "../bounds/step-time.ts";
import { InvariantError } from "../core/errors.ts";
import { KvLedger } from "./kv-ledger.ts";
import type { Chunk, ChunkLoad, Prefill } from "./prefill.ts";
import type { Request } from "./request.ts";
import { RunningSet, type Sequence } from "./running-set.ts";

const none: readonly never[] = [];

/** A request that lost its place, with the cached tokens that it lost. */
export interface Evicted {
  readonly request: Request;
  readonly droppedTokens: number;
}

/** One of a replica's running sets, with the part of the KV cache that is its own, as in vLLM's pipeline engines. */
export class Microbatch {
  readonly index: number;
  readonly running = new RunningSet();
  /** Requests whose prompts are being read, those admitted first first. */
  readonly prefills: Prefill[] = [];
  readonly kv: KvLedger;
  /** When the sequences that have decoded last did; those that have joined since had their last tokens at `freshSeconds`. */
  lastTokenSeconds = Number.NaN;
  #freshSeconds: number[] = [];
  /** Tokens in the cache of prefills, and tokens that they have yet to read. */
  #prefilledTokens = 0;
  prefillTokensLeft = 0;
  /** ∫ tokens held · dt that has not been told yet, and until when it goes. */
  #heldTokenSeconds = 0;
  #heldUntilSeconds = 0;

  constructor(index: number, kvCapacityTokens: number, blockTokens: number) {
    this.index = index;
    this.kv = new KvLedger(kvCapacityTokens, blockTokens);
  }

  get admitted(): number {
    return this.running.size + this.prefills.length;
  }

  /** Tokens in the KV cache. */
  get heldTokens(): number {
    return this.running.contextTokens + this.#prefilledTokens;
  }

  /** KV blocks left once every sequence has what its next token needs; negative where that does not suffice. */
  get freeBlocksAfterStep(): number {
    return this.kv.freeBlocks - this.kv.growth(this.running.step, 1);
  }

  /** Steps that can follow one another before a sequence ends or the cache is full. */
  get stepsUntilChange(): number {
    return Math.min(this.running.stepsUntilEnd, this.kv.stepsUntilFull(this.running.step));
  }

  /** The shape of a step that reads some chunks and may decode every sequence beside them. */
  shape(decodes: boolean, chunks: readonly Chunk[], load: ChunkLoad): BatchShape {
    const decoding = decodes ? this.running.size : 0;
    const contextTokens = decodes ? this.running.contextTokens : 0;
    return {
      tokens: decoding + load.tokens,
      attentionPairs: contextTokens + load.pairs,
      kvTokensRead: contextTokens + load.kvTokensRead,
      sequences: decoding + chunks.length,
      outputs: decoding + chunks.length,
    };
  }

  /** Takes a request in whose prompt is to be read. */
  admit(request: Request): void {
    const targetTokens = request.prefillTokens;
    this.kv.allocate(targetTokens);
    this.prefills.push({ request, targetTokens, doneTokens: 0 });
    this.prefillTokensLeft += targetTokens;
  }

  /** Lets every sequence take that many tokens, the last of them at an instant. Returns the last tokens before of those that had not decoded together with the others. */
  decode(steps: number, atSeconds: number): readonly number[] {
    this.kv.grow(this.running.step, steps);
    this.running.advance(steps);
    this.lastTokenSeconds = atSeconds;
    const fresh = this.#freshSeconds;
    if (fresh.length === 0) return none;
    this.#freshSeconds = [];
    return fresh;
  }

  /** Puts chunks into the cache. Returns the requests whose prefill has ended, each of which emits a token and decodes from now on. */
  read(chunks: readonly Chunk[], load: ChunkLoad, atSeconds: number): readonly Request[] {
    this.#prefilledTokens += load.tokens;
    this.prefillTokensLeft -= load.tokens;
    const ended: Request[] = [];
    for (const { prefill, tokens } of chunks) {
      prefill.doneTokens += tokens;
      if (prefill.doneTokens < prefill.targetTokens) continue;
      this.#prefilledTokens -= prefill.targetTokens;
      prefill.request.emittedTokens++;
      this.#join(prefill.request, prefill.targetTokens, atSeconds);
      ended.push(prefill.request);
    }
    this.prefills.splice(0, ended.length);
    return ended;
  }

  /** Takes out the requests that have emitted all their tokens; where the batch stays together, from their slots only once all have. */
  takeEnded(staysTogether: boolean): { readonly ended: readonly Request[]; readonly releasedTokens: number } {
    let sequence = this.running.nextEnded();
    if (sequence === undefined) return noneEnded;
    const heldTokens = this.running.contextTokens;
    const ended: Request[] = [];
    for (; sequence !== undefined; sequence = this.running.nextEnded()) {
      ended.push(sequence.request);
      if (staysTogether) this.#keepAsPadding(sequence);
      else this.#leave(sequence);
    }
    if (staysTogether && this.running.padding === this.running.size) this.releasePadding();
    return { ended, releasedTokens: heldTokens - this.running.contextTokens };
  }

  /** Gives the slots of ended sequences free. */
  releasePadding(): void {
    for (const sequence of [...this.running.sequences()]) if (sequence.isPadding) this.#leave(sequence);
  }

  /** Takes out the request that was admitted last. */
  evictNewest(): Evicted {
    const prefill = this.prefills.pop();
    if (prefill === undefined) return this.evict(this.running.newest);
    const { request, doneTokens, targetTokens } = prefill;
    this.kv.giveBack(targetTokens);
    this.#prefilledTokens -= doneTokens;
    this.prefillTokensLeft -= targetTokens - doneTokens;
    request.computedTokens = Math.max(request.computedTokens, doneTokens);
    return { request, droppedTokens: doneTokens };
  }

  /** Takes out a sequence that has not ended. */
  evict(sequence: Sequence | undefined): Evicted {
    if (sequence === undefined) throw new InvariantError("no sequence to take out");
    const { request } = sequence;
    const droppedTokens = this.running.contextOf(sequence);
    if (sequence.joinStep < this.running.step) request.lastTokenSeconds = this.lastTokenSeconds;
    request.computedTokens = Math.max(request.computedTokens, droppedTokens);
    this.#leave(sequence);
    return { request, droppedTokens };
  }

  /** Counts what the cache holds up to an instant, before that changes. */
  holdUntil(seconds: number): void {
    this.#heldTokenSeconds += this.heldTokens * (seconds - this.#heldUntilSeconds);
    this.#heldUntilSeconds = seconds;
  }

  /** ∫ tokens held · dt since it was last asked for, with what steps added that ended at an instant. */
  takeHeldTokenSeconds(stepTokenSeconds: number, endSeconds: number): number {
    const total = this.#heldTokenSeconds + stepTokenSeconds;
    this.#heldTokenSeconds = 0;
    this.#heldUntilSeconds = endSeconds;
    return total;
  }

  #join(request: Request, contextTokens: number, lastTokenSeconds: number): void {
    request.lastTokenSeconds = lastTokenSeconds;
    if (this.running.size === 0) this.lastTokenSeconds = lastTokenSeconds;
    else if (lastTokenSeconds !== this.lastTokenSeconds) this.#freshSeconds.push(lastTokenSeconds);
    this.kv.startDecoding(contextTokens, this.running.step);
    this.running.join(request, contextTokens);
  }

  #leave(sequence: Sequence): void {
    const { request } = sequence;
    if (this.#freshSeconds.length > 0 && sequence.joinStep === this.running.step) {
      const place = this.#freshSeconds.indexOf(request.lastTokenSeconds);
      if (place >= 0) this.#freshSeconds.splice(place, 1);
    }
    this.kv.release(this.running.contextOf(sequence), this.running.step);
    if (!sequence.isPadding) request.emittedTokens += this.running.emittedSinceJoin(sequence);
    this.running.leave(sequence);
  }

  /** It has emitted all its tokens, and may leave at any later step. */
  #keepAsPadding(sequence: Sequence): void {
    sequence.request.emittedTokens += this.running.emittedSinceJoin(sequence);
    this.running.keepAsPadding(sequence);
  }
}

const noneEnded = { ended: none, releasedTokens: 0 };
