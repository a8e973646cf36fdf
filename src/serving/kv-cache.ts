import { InvariantError } from "../core/errors.ts";
import type { KvAllocation } from "./kv-allocation.ts";
import { KvLedger } from "./kv-ledger.ts";
import { type Named, PrefixCache, type PrefixLease, prefixBlockTokens } from "./prefix-cache.ts";
import { type Watermark, watermarkBlocks } from "./watermark.ts";

/** What a KV cache must know of a request. */
export interface KvRequest extends Named {
  readonly promptTokens: number;
  readonly outputTokens: number;
}

export interface KvCacheOptions {
  readonly capacityTokens: number;
  readonly blockTokens: number;
  readonly watermark: Watermark;
  readonly allocation: KvAllocation;
  readonly prefixSharing: boolean;
}

/**
 * The KV cache of one microbatch: what a request takes when it is admitted, shares while it runs and gives back when it
 * leaves, however blocks are allocated.
 */
export class KvCache {
  readonly ledger: KvLedger;
  readonly #prefixes: PrefixCache | undefined;
  readonly #reservedOutputTokens: KvAllocation["reservedOutputTokens"];
  readonly #leases = new Map<KvRequest, PrefixLease>();
  #sequences = 0;

  constructor({ capacityTokens, blockTokens, watermark, allocation, prefixSharing }: KvCacheOptions) {
    this.#prefixes = prefixSharing ? new PrefixCache(blockTokens) : undefined;
    const freeBlocks = watermarkBlocks(watermark, Math.floor(capacityTokens / blockTokens));
    this.ledger = new KvLedger(capacityTokens, blockTokens, freeBlocks, this.#prefixes);
    this.#reservedOutputTokens = allocation.reservedOutputTokens;
  }

  /** Tokens that running sequences have in common, counted once for each sequence but the first that uses them. */
  get savedTokens(): number {
    return this.#prefixes === undefined ? 0 : this.#prefixes.savedNames * prefixBlockTokens;
  }

  /**
   * Why a request could not be served even alone; undefined where it could. All that it may ever need must fit beside the
   * watermark, with room for its drafts: were it preempted shortly before its end, it could not be admitted again otherwise.
   */
  refusal({ promptTokens, outputTokens }: KvRequest, draftTokens = 0, emitsHere = outputTokens): string | undefined {
    const reserved = this.#reservedOutputTokens?.(outputTokens) ?? emitsHere;
    if (emitsHere > reserved) return `has ${outputTokens} output tokens of ${reserved} reserved`;
    const { capacityBlocks, watermarkBlocks } = this.ledger;
    const most = capacityBlocks - watermarkBlocks;
    const needed = this.ledger.blocksFor(promptTokens + reserved - 1) + this.ledger.blocksFor(draftTokens);
    return needed > most ? `needs ${needed} KV blocks of ${most}` : undefined;
  }

  /**
   * Blocks of `ledger.freeBlocksForAdmission` that the admission of a prefill of so many tokens takes. Cached blocks that
   * nobody uses cost as much as empty ones, so that several requests never take more than the sum of what each is told.
   */
  blocksToAdmit(request: KvRequest, tokens: number): number {
    const blocks = this.#blocksFor(request, tokens);
    const prefixes = this.#prefixes;
    return prefixes === undefined ? blocks : blocks - prefixes.sharedHits(request, tokens) * prefixes.blocksPerName;
  }

  /** Leading tokens of a prefill of so many that are in the cache, and need not be computed. */
  cachedTokens(request: KvRequest, tokens: number): number {
    return this.#prefixes === undefined ? 0 : this.#prefixes.hits(request, tokens) * prefixBlockTokens;
  }

  /** Takes the blocks of a prefill of so many tokens; returns how many leading tokens of it are in the cache already. */
  admit(request: KvRequest, tokens: number): number {
    this.#sequences++;
    const blocks = this.#blocksFor(request, tokens);
    if (blocks < this.ledger.blocksFor(tokens)) {
      throw new InvariantError(`KV cache: a prefill of ${tokens} tokens exceeds its reservation of ${blocks} blocks`);
    }
    const lease = this.#acquire(request, tokens);
    this.ledger.take(blocks - this.#blocksOf(lease));
    return lease === undefined ? 0 : lease.blocks.length * prefixBlockTokens;
  }

  /** The first `tokens` tokens of an admitted request have been computed: their full blocks can be shared from now on. */
  computed(request: KvRequest, tokens: number): void {
    const lease = this.#leaseOf(request);
    if (lease !== undefined) this.#extend(lease, tokens);
  }

  /** A request whose prefill left so many tokens in the cache decodes from the step numbered `step` on. */
  startDecoding(request: KvRequest, tokens: number, step: number): void {
    this.computed(request, tokens);
    if (this.#reservedOutputTokens === undefined) this.ledger.startDecoding(tokens, step);
  }

  /** A decoding request that has `tokens` cached as step `step` would begin has `more` besides, before it goes on as before. */
  extend(tokens: number, more: number, step: number): void {
    if (this.#reservedOutputTokens === undefined) this.ledger.extend(tokens, more, step);
  }

  /** A decoding request that has `tokens` cached as step `step` would begin leaves. */
  release(request: KvRequest, tokens: number, step: number): void {
    if (this.#reservedOutputTokens === undefined) this.ledger.stopDecoding(tokens, step);
    this.#leave(request, tokens, tokens);
  }

  /** The same, but its cache sets out for elsewhere and stays until it is abandoned here. */
  setOut(tokens: number, step: number): void {
    if (this.#reservedOutputTokens === undefined) this.ledger.stopDecoding(tokens, step);
  }

  /** A request admitted with a prefill of so many tokens, of which some have been computed, leaves and does not decode. */
  abandon(request: KvRequest, tokens: number, computedTokens: number): void {
    this.#leave(request, tokens, computedTokens);
  }

  #leave(request: KvRequest, tokens: number, computedTokens: number): void {
    // A conversation's next turn finds what this one said, where both bring its names.
    this.computed(request, computedTokens);
    const lease = this.#leaseOf(request);
    if (lease !== undefined) {
      this.#prefixes!.release(lease);
      this.#leases.delete(request);
    }
    this.ledger.give(this.#blocksFor(request, tokens) - this.#blocksOf(lease));
    this.#countLeft();
  }

  #countLeft(): void {
    if (--this.#sequences > 0) return;
    const { heldBlocks } = this.ledger;
    if (heldBlocks > 0) throw new InvariantError(`KV cache: ${heldBlocks} blocks are held where nothing runs`);
    if (this.#sequences < 0) throw new InvariantError("KV cache: a request left that was not there");
  }

  /** Blocks of a sequence with so many tokens, its own and shared ones: all that it reserved, where it did. */
  #blocksFor({ promptTokens, outputTokens }: KvRequest, tokens: number): number {
    if (this.#reservedOutputTokens === undefined) return this.ledger.blocksFor(tokens);
    // The last token of an output is never read, and takes no place.
    return this.ledger.blocksFor(promptTokens + this.#reservedOutputTokens(outputTokens) - 1);
  }

  #acquire(request: KvRequest, tokens: number): PrefixLease | undefined {
    if (this.#prefixes === undefined || request.prefixHashes === undefined) return undefined;
    const lease = this.#prefixes.acquire(request, tokens);
    this.#leases.set(request, lease);
    return lease;
  }

  #leaseOf(request: KvRequest): PrefixLease | undefined {
    return this.#prefixes === undefined ? undefined : this.#leases.get(request);
  }

  #blocksOf(lease: PrefixLease | undefined): number {
    return lease === undefined ? 0 : lease.blocks.length * this.#prefixes!.blocksPerName;
  }

  #extend(lease: PrefixLease, tokens: number): void {
    const { blocksPerName } = this.#prefixes!;
    const before = lease.blocks.length;
    const doubled = this.#prefixes!.extend(lease, tokens);
    const named = lease.blocks.length - before;
    if (named > 0) this.ledger.share(named * blocksPerName, doubled * blocksPerName);
  }
}
