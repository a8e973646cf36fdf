import { InvariantError, UserError } from "../core/errors.ts";
import { IdleBlocks, type Queued } from "./idle-blocks.ts";
import type { KeptBlocks } from "./kv-ledger.ts";

/** Tokens that a name stands for, as in the Mooncake traces (Qin et al., FAST 2025). */
export const prefixBlockTokens = 512;

/**
 * Who brings names: of the leading full blocks of its prompt and, where they are known, of its answer. A name says what is
 * in its block and in all before it, so that equal names have equal names before them. Every class of traffic has names
 * of its own.
 */
export interface Named {
  readonly className?: string | undefined;
  readonly prefixHashes?: readonly number[] | undefined;
}

/** Throws `UserError` where KV blocks of this size cannot be shared by name. */
export function checkSharedBlockTokens(blockTokens: number, where: string): void {
  if (prefixBlockTokens % blockTokens === 0) return;
  const what = `prefixes are shared in blocks of ${prefixBlockTokens} tokens, which KV blocks of ${blockTokens} do not divide`;
  const divisors = Array.from({ length: prefixBlockTokens }, (_, index) => index + 1).filter(
    (tokens) => prefixBlockTokens % tokens === 0,
  );
  throw new UserError(where, what, divisors.join(", "));
}

type Names = Map<number, NamedBlock>;

/** The KV blocks that one name stands for. */
class NamedBlock implements Queued<NamedBlock> {
  readonly name: number;
  /** Where it is found. */
  readonly names: Names;
  /** Running sequences that use it. */
  users = 0;
  before: NamedBlock | undefined;
  after: NamedBlock | undefined;

  constructor(name: number, names: Names) {
    this.name = name;
    this.names = names;
  }
}

/** The leading named blocks that one running sequence uses. */
export class PrefixLease {
  readonly hashes: readonly number[];
  readonly names: Names;
  readonly blocks: NamedBlock[] = [];
  released = false;

  constructor(hashes: readonly number[], names: Names) {
    this.hashes = hashes;
    this.names = names;
  }
}

const none: readonly never[] = [];

/**
 * Finds computed prefixes by name. A name's blocks are shared while any sequence uses them; then they stay, idle, until
 * their place is needed: least recently used first, and of one sequence the last block first, as in vLLM (design document
 * "Automatic Prefix Caching"). A sequence uses every block before one that it uses, so no block outlives those before it.
 *
 * Only full blocks of 512 tokens are shared, each as a whole: a prompt's last, part-full block is computed anew. In
 * Mooncake's conversation trace that forgoes less than 0.1 % of the tokens that sharing could save. At least one token of a prefill
 * is always computed, for its answer's sake; as in vLLM, its whole block is then. Two sequences that compute the same block at
 * once both pay; the second then gives its own up for the first's, as in SGLang (Zheng et al. 2024).
 */
export class PrefixCache implements KeptBlocks {
  /** KV blocks that a name stands for. */
  readonly blocksPerName: number;
  readonly #namesByClass = new Map<string | undefined, Names>();
  readonly #idle = new IdleBlocks<NamedBlock>();
  #shared = 0;
  #uses = 0;

  constructor(blockTokens: number) {
    this.blocksPerName = prefixBlockTokens / blockTokens;
  }

  get sharedBlocks(): number {
    return this.#shared * this.blocksPerName;
  }

  /** Names that running sequences use, counted once for each sequence but the first that uses them. */
  get savedNames(): number {
    return this.#uses - this.#shared;
  }

  get idleBlocks(): number {
    return this.#idle.length * this.blocksPerName;
  }

  /** How many leading names a prefill of so many tokens would find. */
  hits(owner: Named, tokens: number): number {
    const names = this.#namesOf(owner);
    return leading(owner, tokens, (name) => names.has(name));
  }

  /** How many of them running sequences use: those cost no place. */
  sharedHits(owner: Named, tokens: number): number {
    const names = this.#namesOf(owner);
    return leading(owner, tokens, (name) => (names.get(name)?.users ?? 0) > 0);
  }

  /** Uses the leading blocks that a prefill of so many tokens finds, until the lease is released. */
  acquire(owner: Named, tokens: number): PrefixLease {
    const lease = new PrefixLease(owner.prefixHashes ?? none, this.#namesOf(owner));
    const hits = this.hits(owner, tokens);
    for (let place = 0; place < hits; place++) this.#use(lease, lease.names.get(lease.hashes[place]!)!);
    return lease;
  }

  /**
   * The first `tokens` tokens of a sequence have been computed: their full blocks can be found from now on. Returns how
   * many of those new to the lease were there already, computed by another.
   */
  extend(lease: PrefixLease, tokens: number): number {
    const { hashes, names, blocks } = lease;
    const most = Math.min(hashes.length, Math.floor(tokens / prefixBlockTokens));
    let doubled = 0;
    while (blocks.length < most) {
      const name = hashes[blocks.length]!;
      let block = names.get(name);
      if (block === undefined) {
        block = new NamedBlock(name, names);
        names.set(name, block);
        block.users = 1;
        this.#shared++;
        this.#uses++;
        blocks.push(block);
      } else {
        doubled++;
        this.#use(lease, block);
      }
    }
    return doubled;
  }

  /** A sequence uses its blocks no more. Throws `InvariantError` where it did not use them. */
  release(lease: PrefixLease): void {
    if (lease.released) throw new InvariantError("prefix cache: a lease was released twice");
    lease.released = true;
    const { blocks } = lease;
    for (let place = blocks.length - 1; place >= 0; place--) {
      const block = blocks[place]!;
      this.#uses--;
      if (--block.users > 0) continue;
      if (block.users < 0) throw new InvariantError(`prefix cache: block ${block.name} has ${block.users} users`);
      this.#shared--;
      this.#idle.push(block);
    }
  }

  evict(blocks: number): number {
    let evicted = 0;
    for (let block = this.#idle.first; block !== undefined && evicted < blocks; block = this.#idle.first) {
      this.#idle.remove(block);
      if (!block.names.delete(block.name)) throw new InvariantError(`prefix cache: block ${block.name} was lost`);
      evicted += this.blocksPerName;
    }
    return evicted;
  }

  #use(lease: PrefixLease, block: NamedBlock): void {
    if (block.users++ === 0) {
      this.#idle.remove(block);
      this.#shared++;
    }
    this.#uses++;
    lease.blocks.push(block);
  }

  #namesOf({ className }: Named): Names {
    let names = this.#namesByClass.get(className);
    if (names === undefined) {
      names = new Map();
      this.#namesByClass.set(className, names);
    }
    return names;
  }
}

/** How many leading names of a prefill, its last token left out, are as asked. */
function leading({ prefixHashes = none }: Named, tokens: number, are: (name: number) => boolean): number {
  const most = Math.min(prefixHashes.length, Math.floor((tokens - 1) / prefixBlockTokens));
  let count = 0;
  while (count < most && are(prefixHashes[count]!)) count++;
  return count;
}
