import { InvariantError } from "../core/errors.ts";

/** Blocks of a KV cache that a cache of prefixes keeps: named and counted there, never counted as a sequence's own. */
export interface KeptBlocks {
  /** Used by running sequences; one that several use counts once. */
  readonly sharedBlocks: number;
  /** Used by none, and kept only while nobody needs their place. */
  readonly idleBlocks: number;
  /** Gives up idle blocks until it has given at least so many, or has none left; returns how many. */
  evict(blocks: number): number;
}

const nothingKept: KeptBlocks = { sharedBlocks: 0, idleBlocks: 0, evict: () => 0 };

/**
 * Accounts for the blocks of one KV cache. While sequences decode they gain a token with every step, so each needs a new
 * block in every `blockTokens`-th step; counting how many do so in which step (their residue) tells in advance, without
 * looking at a sequence, what any number of steps will need. A sequence whose blocks were all taken beforehand is not
 * among them.
 *
 * Every block is a sequence's own (used), shared, idle or empty: their sum is checked at each change. Idle blocks are
 * evicted when their place is needed, after a leap all at once: which go depends only on the order in which sequences
 * left, which no step changes, and nobody looks a prefix up while a batch is under way.
 */
export class KvLedger {
  readonly capacityBlocks: number;
  readonly blockTokens: number;
  /** Blocks that admission leaves free for sequences to grow into, as vLLM's watermark. */
  readonly watermarkBlocks: number;
  /** How many decoding sequences take a new block in each step, by step modulo block size. */
  readonly #takersByStep: Float64Array;
  readonly #kept: KeptBlocks;
  #usedBlocks = 0;
  #emptyBlocks: number;
  #decoding = 0;

  constructor(capacityTokens: number, blockTokens: number, watermarkBlocks = 0, kept = nothingKept) {
    this.blockTokens = blockTokens;
    this.capacityBlocks = Math.floor(capacityTokens / blockTokens);
    this.watermarkBlocks = watermarkBlocks;
    this.#takersByStep = new Float64Array(blockTokens);
    this.#kept = kept;
    this.#emptyBlocks = this.capacityBlocks;
  }

  /** Blocks that are a sequence's own. */
  get usedBlocks(): number {
    return this.#usedBlocks;
  }

  /** Blocks that running sequences hold, their own and those they share. */
  get heldBlocks(): number {
    return this.#usedBlocks + this.#kept.sharedBlocks;
  }

  /** Blocks that can be had: empty ones and idle ones. */
  get freeBlocks(): number {
    return this.#emptyBlocks + this.#kept.idleBlocks;
  }

  /** Blocks that admission may take; negative where sequences have grown into the watermark. */
  get freeBlocksForAdmission(): number {
    return this.freeBlocks - this.watermarkBlocks;
  }

  blocksFor(tokens: number): number {
    return Math.ceil(tokens / this.blockTokens);
  }

  /** From the step numbered `step` on, a sequence that has `tokens` cached then gains one with each step. */
  startDecoding(tokens: number, step: number): void {
    this.#countTaker(tokens, step, 1);
  }

  /** A sequence that has `tokens` cached as step `step` would begin has `more` besides, before it goes on as before. */
  extend(tokens: number, more: number, step: number): void {
    this.#countTaker(tokens, step, -1);
    this.take(this.blocksFor(tokens + more) - this.blocksFor(tokens));
    this.#countTaker(tokens + more, step, 1);
  }

  /** A sequence that has `tokens` cached as step `step` would begin gains no more. */
  stopDecoding(tokens: number, step: number): void {
    this.#countTaker(tokens, step, -1);
  }

  /** Blocks that the decoding sequences need for `steps` steps from step `step` on. */
  growth(step: number, steps: number): number {
    const whole = Math.floor(steps / this.blockTokens);
    let blocks = whole * this.#decoding;
    for (let at = step + whole * this.blockTokens; at < step + steps; at++) blocks += this.#takersAt(at);
    return blocks;
  }

  /** Takes those blocks. */
  grow(step: number, steps: number): void {
    this.take(this.growth(step, steps));
  }

  /** How many steps from step `step` on the free blocks suffice for; `Infinity` when nothing decodes. */
  stepsUntilFull(step: number): number {
    if (this.#decoding === 0) return Number.POSITIVE_INFINITY;
    const { freeBlocks } = this;
    const whole = Math.floor(freeBlocks / this.#decoding);
    let steps = whole * this.blockTokens;
    let left = freeBlocks - whole * this.#decoding;
    for (; left >= this.#takersAt(step + steps); steps++) left -= this.#takersAt(step + steps);
    return steps;
  }

  /** Takes blocks for a sequence, evicting idle ones where the empty ones do not suffice. */
  take(blocks: number): void {
    if (blocks > this.#emptyBlocks) this.#emptyBlocks += this.#kept.evict(blocks - this.#emptyBlocks);
    this.#usedBlocks += blocks;
    this.#emptyBlocks -= blocks;
    this.#check();
  }

  /** Blocks of a sequence's own are empty again. */
  give(blocks: number): void {
    this.#usedBlocks -= blocks;
    this.#emptyBlocks += blocks;
    this.#check();
  }

  /** Blocks of a sequence's own have passed to the prefix cache; so many of them it had already, and they are empty. */
  share(blocks: number, doubledBlocks: number): void {
    this.#usedBlocks -= blocks;
    this.#emptyBlocks += doubledBlocks;
    this.#check();
  }

  #takersAt(step: number): number {
    return this.#takersByStep[step % this.blockTokens]!;
  }

  /** The sequence's blocks are full, and it takes a new one, in steps where its cached tokens are a multiple of the block size. */
  #countTaker(tokens: number, step: number, by: 1 | -1): void {
    const offset = (this.blockTokens - (tokens % this.blockTokens)) % this.blockTokens;
    const slot = (step + offset) % this.blockTokens;
    const takers = this.#takersByStep[slot]! + by;
    if (takers < 0) throw new InvariantError("KV ledger: a sequence stopped decoding that did not decode");
    this.#takersByStep[slot] = takers;
    this.#decoding += by;
  }

  #check(): void {
    const used = this.#usedBlocks;
    const empty = this.#emptyBlocks;
    const { sharedBlocks, idleBlocks } = this.#kept;
    const balanced = used + empty + sharedBlocks + idleBlocks === this.capacityBlocks;
    if (balanced && used >= 0 && empty >= 0 && sharedBlocks >= 0 && idleBlocks >= 0) return;
    throw new InvariantError(
      `KV ledger: ${used} used, ${sharedBlocks} shared, ${idleBlocks} idle and ${empty} empty ` +
        `of ${this.capacityBlocks} blocks`,
    );
  }
}
