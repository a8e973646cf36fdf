import { InvariantError } from "../core/errors.ts";

/** What bytes move over. */
export interface Link {
  readonly latencySeconds: number;
  readonly bytesPerSecond: number;
}

export interface SwapSpaceOptions {
  /** Between the accelerators of one replica and their host, all its lanes together. */
  readonly link: Link;
  /** Of one token, over all layers and accelerators. */
  readonly kvBytesPerToken: number;
  /** Tokens that the host keeps; unbounded unless said. */
  readonly capacityTokens?: number | undefined;
}

/** The time of one transfer that has a link to itself. */
export function transferSeconds({ latencySeconds, bytesPerSecond }: Link, bytes: number): number {
  return latencySeconds + bytes / bytesPerSecond;
}

/**
 * Host memory that keeps the KV cache of preempted sequences, so that they need not be computed again (swapping: Kwon et
 * al., SOSP 2023, section 4.5). A sequence is moved as a whole, its cached tokens and not the rest of its last block.
 */
export class SwapSpace<Sequence> {
  readonly capacityTokens: number;
  readonly #link: Link;
  readonly #kvBytesPerToken: number;
  readonly #tokensOf = new Map<Sequence, number>();
  #tokens = 0;

  constructor({ link, kvBytesPerToken, capacityTokens = Number.POSITIVE_INFINITY }: SwapSpaceOptions) {
    this.#link = link;
    this.#kvBytesPerToken = kvBytesPerToken;
    this.capacityTokens = capacityTokens;
  }

  /** Tokens that it keeps. */
  get tokens(): number {
    return this.#tokens;
  }

  get sequences(): number {
    return this.#tokensOf.size;
  }

  bytes(tokens: number): number {
    return tokens * this.#kvBytesPerToken;
  }

  /** The time in which so many tokens move out or in. */
  seconds(tokens: number): number {
    return transferSeconds(this.#link, this.bytes(tokens));
  }

  /** Whether so many more tokens find room; a sequence that does not is recomputed. */
  hasRoomFor(tokens: number): boolean {
    return this.#tokens + tokens <= this.capacityTokens;
  }

  /** Keeps a sequence's cached tokens. */
  swapOut(sequence: Sequence, tokens: number): void {
    if (this.#tokensOf.has(sequence)) throw new InvariantError("swap space: a sequence was swapped out twice");
    this.#tokensOf.set(sequence, tokens);
    this.#move(tokens);
  }

  /** Returns how many tokens of a sequence it kept, and keeps them no more. */
  swapIn(sequence: Sequence): number {
    const tokens = this.#tokensOf.get(sequence);
    if (tokens === undefined) throw new InvariantError("swap space: a sequence was swapped in that is not there");
    this.#tokensOf.delete(sequence);
    this.#move(-tokens);
    return tokens;
  }

  #move(tokens: number): void {
    this.#tokens += tokens;
    const lost = this.#tokensOf.size === 0 && this.#tokens !== 0;
    if (!lost && this.#tokens >= 0 && this.#tokens <= this.capacityTokens) return;
    throw new InvariantError(`swap space keeps ${this.#tokens} of ${this.capacityTokens} tokens`);
  }
}
