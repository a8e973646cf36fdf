import type { BatchShape } from "../bounds/step-time.ts";
import { InvariantError } from "../core/errors.ts";
import { DepartingCaches } from "./departing-caches.ts";
import type { Drafting } from "./drafting.ts";
import type { KvCache } from "./kv-cache.ts";
import type { Chunk, ChunkLoad, Prefill } from "./prefill.ts";
import type { Request } from "./request.ts";
import { RunningSet, type Sequence } from "./running-set.ts";

const none: readonly never[] = [];

/** A request that lost its place, with the cached tokens that it lost. */
export interface Evicted {
  readonly request: Request;
  readonly droppedTokens: number;
  /** Whether its prompt had been read. */
  readonly decoded: boolean;
}

/** Of the drafts of a step, the tokens that were right, which their sequences gain beside their own, and those verified in vain. */
export interface Verified {
  readonly acceptedTokens: number;
  readonly rejectedTokens: number;
}

export const nothingVerified: Verified = { acceptedTokens: 0, rejectedTokens: 0 };

/** One of a replica's running sets, with the part of the KV cache that is its own, as in vLLM's pipeline engines. */
export class Microbatch {
  readonly index: number;
  readonly running = new RunningSet();
  /** Requests whose prompts are being read, those admitted first first. */
  readonly prefills: Prefill[] = [];
  readonly kv: KvCache;
  /** Caches whose requests run no longer, until they have arrived elsewhere. */
  readonly departing = new DepartingCaches();
  readonly #drafting: Drafting | undefined;
  /** When the sequences that have decoded last did; those that have joined since had their last tokens at `freshSeconds`. */
  lastTokenSeconds = Number.NaN;
  #freshSeconds: number[] = [];
  /** Tokens in the cache of prefills, and tokens that they have yet to read. */
  #prefilledTokens = 0;
  prefillTokensLeft = 0;
  /** What moving caches out and in takes before its next step. */
  swapSeconds = 0;
  /** ∫ tokens held · dt that has not been told yet, and until when it goes. */
  #heldTokenSeconds = 0;
  #heldUntilSeconds = 0;
  /** When its last steps ended that have been told. */
  toldSeconds = 0;

  constructor(index: number, kv: KvCache, drafting?: Drafting) {
    this.index = index;
    this.#drafting = drafting;
    this.kv = kv;
  }

  get admitted(): number {
    return this.running.size + this.prefills.length;
  }

  /** Tokens in the KV cache of the requests that run, those that several of them share counted once. */
  get heldTokens(): number {
    return this.running.contextTokens + this.#prefilledTokens - this.kv.savedTokens;
  }

  /** KV blocks that the next step needs: what every sequence's next token takes, and room for its drafts. */
  #blocksForStep(): number {
    return this.kv.ledger.growth(this.running.step, 1) + this.running.size * this.draftBlocks;
  }

  /** KV blocks left once every sequence has what its next token needs; negative where that does not suffice. */
  get freeBlocksAfterStep(): number {
    return this.kv.ledger.freeBlocks - this.#blocksForStep();
  }

  /** Of those, the blocks that admission may take. */
  get freeBlocksForAdmission(): number {
    return this.kv.ledger.freeBlocksForAdmission - this.#blocksForStep();
  }

  /** KV blocks kept free for the drafts of each sequence that decodes. */
  get draftBlocks(): number {
    return this.#drafting === undefined ? 0 : this.kv.ledger.blocksFor(this.#drafting.draftTokens);
  }

  /** Steps that can follow one another before a sequence ends or the cache is full. */
  get stepsUntilChange(): number {
    return Math.min(this.running.stepsUntilEnd, this.kv.ledger.stepsUntilFull(this.running.step));
  }

  /** The shape of a step that reads some chunks and may decode every sequence beside them, verifying its drafts. */
  shape(decodes: boolean, chunks: readonly Chunk[], load: ChunkLoad): BatchShape {
    const decoding = decodes ? this.running.size : 0;
    const contextTokens = decodes ? this.running.contextTokens : 0;
    const drafts = this.#drafting?.draftTokens ?? 0;
    return {
      tokens: decoding * (drafts + 1) + load.tokens,
      attentionPairs: (drafts + 1) * (contextTokens + (decoding * drafts) / 2) + load.pairs,
      kvTokensRead: contextTokens + load.kvTokensRead,
      sequences: decoding + chunks.length,
      outputs: decoding + chunks.length,
      microbatch: this.index,
    };
  }

  /** What drafting takes before a step. */
  draftSeconds(decodes: boolean): number {
    if (this.#drafting === undefined || !decodes) return 0;
    return this.#drafting.seconds(this.running.size, this.running.contextTokens);
  }

  /**
   * Takes a request in whose prompt is to be read, from where it is not in the cache already, or that decodes at once since
   * its cache comes with it. Returns the tokens found.
   */
  admit(request: Request): number {
    const { carriedTokens } = request;
    if (carriedTokens > 0) {
      request.carriedTokens = 0;
      this.kv.admit(request, carriedTokens);
      this.#join(request, carriedTokens, request.lastTokenSeconds);
      return 0;
    }
    const targetTokens = request.prefillTokens;
    const foundTokens = this.kv.admit(request, targetTokens);
    this.prefills.push({ request, targetTokens, doneTokens: foundTokens });
    this.prefillTokensLeft += targetTokens - foundTokens;
    this.#prefilledTokens += foundTokens;
    return foundTokens;
  }

  /** Last tokens of those sequences that have had one since the others last decoded together. */
  get freshSeconds(): readonly number[] {
    // Those that join later must not come into what is told now.
    return this.#freshSeconds.length === 0 ? none : this.#freshSeconds;
  }

  /** Lets every sequence take a token in each of so many steps, and what is right of its drafts; the last step ends at an instant. */
  decode(steps: number, atSeconds: number): Verified {
    this.kv.ledger.grow(this.running.step, steps);
    this.running.advance(steps);
    this.lastTokenSeconds = atSeconds;
    if (this.#freshSeconds.length > 0) this.#freshSeconds = [];
    return this.#drafting === undefined ? nothingVerified : this.#verify(this.#drafting);
  }

  /** Puts chunks into the cache. Returns the requests whose prefill has ended, each of which emits a token and decodes from now on. */
  read(chunks: readonly Chunk[], load: ChunkLoad, atSeconds: number): readonly Request[] {
    this.#prefilledTokens += load.tokens;
    this.prefillTokensLeft -= load.tokens;
    let ended: Request[] | undefined;
    for (const { prefill, tokens } of chunks) {
      const { request, targetTokens } = prefill;
      prefill.doneTokens += tokens;
      if (prefill.doneTokens < targetTokens) {
        this.kv.computed(request, prefill.doneTokens);
        continue;
      }
      this.#prefilledTokens -= targetTokens;
      request.emittedTokens++;
      this.#join(request, targetTokens, atSeconds);
      this.prefills.shift();
      if (ended === undefined) ended = [request];
      else ended.push(request);
    }
    return ended ?? none;
  }

  /** Takes out the requests that have emitted all their tokens; where the batch stays together, from their slots only once all have. */
  takeEnded(staysTogether: boolean): { readonly ended: readonly Request[]; readonly releasedTokens: number } {
    const first = this.running.nextEnded();
    if (first === undefined) return noneEnded;
    const { heldTokens } = this;
    const ended = [this.#end(first, staysTogether)];
    for (let next = this.running.nextEnded(); next !== undefined; next = this.running.nextEnded()) {
      ended.push(this.#end(next, staysTogether));
    }
    if (staysTogether && this.running.padding === this.running.size) this.releasePadding();
    return { ended, releasedTokens: heldTokens - this.heldTokens };
  }

  /** Takes out the requests that have tokens left to emit, which is done elsewhere; their caches stay until they are released. */
  handOff(atSeconds: number): readonly Request[] {
    const leaving = [...this.running.sequences()].filter(({ endStep }) => endStep > this.running.step);
    for (const sequence of leaving) {
      const tokens = this.running.contextOf(sequence);
      this.kv.setOut(tokens, this.running.step);
      this.#takeOut(sequence);
      this.departing.add(tokens, atSeconds);
    }
    return leaving.map(({ request }) => request);
  }

  /** The cache of a request, so many tokens, has arrived elsewhere. */
  releaseDeparted(request: Request, tokens: number, atSeconds: number): void {
    this.kv.abandon(request, tokens, tokens);
    this.departing.remove(tokens, atSeconds);
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
    this.kv.abandon(request, targetTokens, doneTokens);
    this.#prefilledTokens -= doneTokens;
    this.prefillTokensLeft -= targetTokens - doneTokens;
    request.computedTokens = Math.max(request.computedTokens, doneTokens);
    return { request, droppedTokens: doneTokens, decoded: false };
  }

  /** Takes out a sequence that has not ended. */
  evict(sequence: Sequence | undefined): Evicted {
    if (sequence === undefined) throw new InvariantError("no sequence to take out");
    const { request } = sequence;
    const droppedTokens = this.running.contextOf(sequence);
    if (sequence.joinStep < this.running.step) request.lastTokenSeconds = this.lastTokenSeconds;
    request.computedTokens = Math.max(request.computedTokens, droppedTokens);
    this.#leave(sequence);
    return { request, droppedTokens, decoded: true };
  }

  /** Counts what the cache holds up to an instant, before that changes. */
  holdUntil(seconds: number): void {
    this.#heldTokenSeconds += this.heldTokens * (seconds - this.#heldUntilSeconds);
    this.#heldUntilSeconds = seconds;
  }

  /** ∫ tokens held · dt since it was last asked for, with what steps added that ended at an instant. */
  takeHeldTokenSeconds(stepTokenSeconds: number, endSeconds: number): number {
    const total = this.#heldTokenSeconds + stepTokenSeconds + this.departing.takeTokenSeconds(endSeconds);
    this.#heldTokenSeconds = 0;
    this.#heldUntilSeconds = endSeconds;
    this.toldSeconds = endSeconds;
    return total;
  }

  #verify(drafting: Drafting): Verified {
    const { running } = this;
    let acceptedTokens = 0;
    let rejectedTokens = 0;
    for (const sequence of running.sequences()) {
      if (sequence.isPadding) continue;
      const accepted = Math.min(drafting.accepted(), sequence.endStep - running.step);
      acceptedTokens += accepted;
      rejectedTokens += drafting.draftTokens - accepted;
      if (accepted === 0) continue;
      this.kv.extend(running.contextOf(sequence), accepted, running.step);
      running.gain(sequence, accepted);
    }
    return { acceptedTokens, rejectedTokens };
  }

  #join(request: Request, contextTokens: number, lastTokenSeconds: number): void {
    request.lastTokenSeconds = lastTokenSeconds;
    if (this.running.size === 0) this.lastTokenSeconds = lastTokenSeconds;
    else if (lastTokenSeconds !== this.lastTokenSeconds) this.#freshSeconds.push(lastTokenSeconds);
    this.kv.startDecoding(request, contextTokens, this.running.step);
    this.running.join(request, contextTokens);
  }

  #end(sequence: Sequence, staysTogether: boolean): Request {
    if (staysTogether) this.#keepAsPadding(sequence);
    else this.#leave(sequence);
    return sequence.request;
  }

  #leave(sequence: Sequence): void {
    this.kv.release(sequence.request, this.running.contextOf(sequence), this.running.step);
    this.#takeOut(sequence);
  }

  /** Takes a sequence out, whatever becomes of its cache. */
  #takeOut(sequence: Sequence): void {
    const { request } = sequence;
    if (this.#freshSeconds.length > 0 && sequence.joinStep === this.running.step) {
      const place = this.#freshSeconds.indexOf(request.lastTokenSeconds);
      if (place >= 0) this.#freshSeconds.splice(place, 1);
    }
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
