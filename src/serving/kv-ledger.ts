import { InvariantError } from "../core/errors.ts";

/**
 * Accounts for the blocks of one KV cache. While sequences decode they gain a token with every step, so each needs a new
 * block in every `blockTokens`-th step; counting how many do so in which step (their residue) tells in advance, without
 * looking at a sequence, what any number of steps will need.
 */
export class KvLedger {
  readonly capacityBlocks: number;
  readonly blockTokens: number;
  /** How many decoding sequences take a new block in each step, by step modulo block size. */
  readonly #takersByStep: Float64Array;
  #usedBlocks = 0;
  #decoding = 0;

  constructor(capacityTokens: number, blockTokens: number) {
    this.blockTokens = blockTokens;
    this.capacityBlocks = Math.floor(capacityTokens / blockTokens);
    this.#takersByStep = new Float64Array(blockTokens);
  }

  get usedBlocks(): number {
    return this.#usedBlocks;
  }

  get freeBlocks(): number {
    return this.capacityBlocks - this.#usedBlocks;
  }

  blocksFor(tokens: number): number {
    return Math.ceil(tokens / this.blockTokens);
  }

  /** Takes the blocks of a prefill of so many tokens. */
  allocate(tokens: number): void {
    this.#take(this.blocksFor(tokens));
  }

  /** Gives the blocks of a prefill of so many tokens back. */
  giveBack(tokens: number): void {
    this.#take(-this.blocksFor(tokens));
  }

  /** From the step numbered `step` on, a sequence that has `tokens` cached then gains one with each step. */
  startDecoding(tokens: number, step: number): void {
    this.#countTaker(tokens, step, 1);
  }

  /** A sequence that has `tokens` cached as step `step` would begin has `more` besides, before it goes on as before. */
  extend(tokens: number, more: number, step: number): void {
    this.#countTaker(tokens, step, -1);
    this.#take(this.blocksFor(tokens + more) - this.blocksFor(tokens));
    this.#countTaker(tokens + more, step, 1);
  }

  /** A sequence that has `tokens` cached as step `step` would begin leaves: its blocks are free again. */
  release(tokens: number, step: number): void {
    this.#countTaker(tokens, step, -1);
    this.#take(-this.blocksFor(tokens));
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
    this.#take(this.growth(step, steps));
  }

  /** How many steps from step `step` on the free blocks suffice for; `Infinity` when nothing decodes. */
  stepsUntilFull(step: number): number {
    if (this.#decoding === 0) return Number.POSITIVE_INFINITY;
    const whole = Math.floor(this.freeBlocks / this.#decoding);
    let steps = whole * this.blockTokens;
    let left = this.freeBlocks - whole * this.#decoding;
    for (; left >= this.#takersAt(step + steps); steps++) left -= this.#takersAt(step + steps);
    return steps;
  }

  #takersAt(step: number): number {
    return this.#takersByStep[step % this.blockTokens]!;
  }

  /** The sequence's blocks are full, and it takes a new one, in steps where its cached tokens are a multiple of the block size. */
  #countTaker(tokens: number, step: number, by: 1 | -1): void {
    const offset = (this.blockTokens - (tokens % this.blockTokens)) % this.blockTokens;
    const slot = (step + offset) % this.blockTokens;
    this.#takersByStep[slot] = this.#takersByStep[slot]! + by;
    this.#decoding += by;
  }

  #take(blocks: number): void {
    this.#usedBlocks += blocks;
    if (this.#usedBlocks < 0 || this.#usedBlocks > this.capacityBlocks) {
      throw new InvariantError(`KV ledger holds ${this.#usedBlocks} of ${this.capacityBlocks} blocks`);
    }
  }
}
