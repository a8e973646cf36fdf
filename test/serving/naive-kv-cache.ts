import type { KvRequest } from "../../src/serving/kv-cache.ts";

/** One block of memory, by itself. */
interface Block {
  readonly users: Set<number>;
  /** The prefix block that it is a part of, once that has been computed. */
  name: string | undefined;
  lastUsed: number;
}

/**
 * A KV cache as a table of blocks, each looked at by itself, token by token: what the ledger's numbers are held against.
 * Its state is plain data, so that a test may try something on a copy.
 */
export class NaiveKvCache {
  #state: { blocks: Block[]; tables: Map<number, Block[]>; clock: number };
  readonly #blockTokens: number;

  constructor(capacityBlocks: number, blockTokens: number) {
    const blocks = Array.from({ length: capacityBlocks }, () => ({
      users: new Set<number>(),
      name: undefined,
      lastUsed: 0,
    }));
    this.#state = { blocks, tables: new Map(), clock: 0 };
    this.#blockTokens = blockTokens;
  }

  copy(): NaiveKvCache {
    const copy = new NaiveKvCache(0, this.#blockTokens);
    copy.#state = structuredClone(this.#state);
    return copy;
  }

  get counts() {
    const count = (used: boolean, named: boolean) =>
      this.#state.blocks.filter(({ users, name }) => users.size > 0 === used && (name !== undefined) === named).length;
    return {
      used: count(true, false),
      shared: count(true, true),
      idle: count(false, true),
      empty: count(false, false),
    };
  }

  /** How many leading names of each request are in the cache. */
  leadingNames(requests: readonly KvRequest[]): number[] {
    const cached = new Set(this.#state.blocks.map(({ name }) => name));
    return requests.map((request) => {
      const names = namesOf(request);
      const missing = names.findIndex((name) => !cached.has(name));
      return missing < 0 ? names.length : missing;
    });
  }

  /** Takes blocks for `place` tokens; returns how many of the prefill's tokens were found. Throws where there are too few. */
  admit(id: number, request: KvRequest, prefill: number, place: number): number {
    const table: Block[] = [];
    this.#state.tables.set(id, table);
    let found = 0;
    for (const name of namesOf(request)) {
      const blocks = this.#state.blocks.filter((block) => block.name === name);
      if (blocks.length === 0 || found + 512 >= prefill) break;
      for (const block of blocks) block.users.add(id);
      table.push(...blocks);
      found += 512;
    }
    this.reach(id, place);
    return found;
  }

  /** Takes blocks one by one until so many tokens have place. */
  reach(id: number, tokens: number): void {
    const table = this.#state.tables.get(id)!;
    while (table.length * this.#blockTokens < tokens) {
      const block = this.#emptyBlock();
      block.users.add(id);
      table.push(block);
    }
  }

  /** Names the blocks that are full, or gives them up for equal ones. */
  computed(id: number, request: KvRequest, tokens: number): void {
    const table = this.#state.tables.get(id)!;
    const perName = 512 / this.#blockTokens;
    namesOf(request).forEach((name, place) => {
      if ((place + 1) * 512 > tokens) return;
      const own = table.slice(place * perName, (place + 1) * perName);
      const known = this.#state.blocks.filter((block) => block.name === name);
      for (const block of own) {
        if (known.length === 0) block.name = name;
        else block.users.delete(id);
      }
      for (const block of known) block.users.add(id);
      if (known.length > 0) table.splice(place * perName, perName, ...known);
    });
  }

  leave(id: number): void {
    for (const block of this.#state.tables.get(id)!.reverse()) {
      block.users.delete(id);
      if (block.users.size === 0) block.lastUsed = this.#state.clock++;
    }
    this.#state.tables.delete(id);
  }

  #emptyBlock(): Block {
    const { blocks } = this.#state;
    const empty = blocks.find(({ users, name }) => users.size === 0 && name === undefined);
    if (empty !== undefined) return empty;
    const idle = blocks.filter(({ users }) => users.size === 0);
    if (idle.length === 0) throw new Error("no block is left");
    const oldest = idle.reduce((a, b) => (b.lastUsed < a.lastUsed ? b : a)).name;
    for (const block of blocks) if (block.name === oldest) block.name = undefined;
    return this.#emptyBlock();
  }
}

function namesOf({ className, prefixHashes = [] }: KvRequest): string[] {
  return prefixHashes.map((name) => `${className}/${name}`);
}
