import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { kvAllocations } from "../../src/serving/kv-allocation.ts";
import { KvCache, type KvCacheOptions, type KvRequest } from "../../src/serving/kv-cache.ts";
import { NaiveKvCache } from "./naive-kv-cache.ts";

const growth = kvAllocations.build({ name: "growth" });
const reserve = kvAllocations.build({ name: "reserve", outputTokens: 400 });
const powerOfTwo = kvAllocations.build({ name: "reserve-power-of-two-oracle" });

function kvCache(options: Partial<KvCacheOptions> = {}): KvCache {
  return new KvCache({
    capacityTokens: 4096,
    blockTokens: 128,
    watermark: 0,
    allocation: growth,
    prefixSharing: true,
    ...options,
  });
}

/** A text is a path in a tree: where two part, their names part. */
const namesOf = (path: readonly number[]) => path.map((_, place) => Number(path.slice(0, place + 1).join("")));

const wholeTexts: readonly KvRequest[] = [undefined, "chat"].flatMap((className) =>
  Array.from({ length: 32 }, (_, text) => {
    const path = [...text.toString(2).padStart(5, "0")].map((digit) => Number(digit) + 1);
    return { className, promptTokens: 5 * 512 + 1, outputTokens: 1, prefixHashes: namesOf(path) };
  }),
);

/** Whether their names go on into the answer differs. */
const requests: fc.Arbitrary<KvRequest> = fc
  .record({
    className: fc.constantFrom(undefined, "chat"),
    path: fc.array(fc.constantFrom(1, 1, 1, 2), { minLength: 5, maxLength: 5 }),
    promptTokens: fc.oneof(fc.integer({ min: 1, max: 2200 }), fc.constantFrom(512, 1024, 2048)),
    outputTokens: fc.integer({ min: 1, max: 400 }),
    namesAnswer: fc.boolean(),
  })
  .map(({ className, path, promptTokens, outputTokens, namesAnswer }) => {
    const names = Math.floor((promptTokens + (namesAnswer ? outputTokens : 0)) / 512);
    return { className, promptTokens, outputTokens, prefixHashes: namesOf(path).slice(0, names) };
  });

const which = fc.nat({ max: 20 });
const operations = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: fc.record({ kind: fc.constant("admit" as const), request: requests }) },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant("chunk" as const),
        which,
        share: fc.double({ min: 0, max: 1, noNaN: true }),
      }),
    },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant("decode" as const), which }) },
    {
      weight: 2,
      arbitrary: fc.record({ kind: fc.constant("steps" as const), steps: fc.integer({ min: 1, max: 300 }) }),
    },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant("leave" as const), which }) },
  ),
  { maxLength: 60, size: "max" },
);

/** A request on its way, as the replica would know it. */
interface Running {
  readonly id: number;
  readonly request: KvRequest;
  /** Cached tokens while it decodes; those that have been computed before. */
  tokens: number;
  decoding: boolean;
}

/** Serves requests from a cache and from its naive counterpart at once, and holds one against the other. */
class Comparison {
  readonly cache: KvCache;
  readonly naive: NaiveKvCache;
  readonly #reserved: ((outputTokens: number) => number) | undefined;
  readonly #running: Running[] = [];
  #step = 0;
  #admitted = 0;

  constructor(options: Pick<KvCacheOptions, "capacityTokens" | "blockTokens" | "allocation">) {
    this.cache = kvCache(options);
    this.naive = new NaiveKvCache(this.cache.ledger.capacityBlocks, options.blockTokens);
    this.#reserved = options.allocation.reservedOutputTokens;
  }

  admit(request: KvRequest): void {
    const { ledger } = this.cache;
    if (this.cache.refusal(request) !== undefined) return;
    const { promptTokens, outputTokens } = request;
    const place = this.#reserved === undefined ? promptTokens : promptTokens + this.#reserved(outputTokens) - 1;
    const id = this.#admitted++;
    const fits = this.cache.blocksToAdmit(request, promptTokens) <= ledger.freeBlocksForAdmission;
    expect(succeeds(() => this.naive.copy().admit(id, request, promptTokens, place))).toBe(fits);
    if (!fits) return;
    const cached = this.cache.cachedTokens(request, promptTokens);
    expect(this.cache.admit(request, promptTokens)).toBe(cached);
    expect(this.naive.admit(id, request, promptTokens, place)).toBe(cached);
    this.#running.push({ id, request, tokens: cached, decoding: false });
  }

  chunk(which: number, share: number): void {
    const running = this.#pick(which, ({ decoding }) => !decoding);
    if (running === undefined) return;
    running.tokens += Math.floor(share * (running.request.promptTokens - running.tokens));
    this.cache.computed(running.request, running.tokens);
    this.naive.computed(running.id, running.request, running.tokens);
  }

  decode(which: number): void {
    const running = this.#pick(which, ({ decoding }) => !decoding);
    if (running === undefined) return;
    running.tokens = running.request.promptTokens;
    running.decoding = true;
    this.cache.startDecoding(running.request, running.tokens, this.#step);
    this.naive.computed(running.id, running.request, running.tokens);
  }

  /** Decodes as far as the cache and the shortest output go: a leap here, steps there. */
  steps(most: number): void {
    const { ledger } = this.cache;
    const left = this.#running
      .filter(({ decoding }) => decoding)
      .map(({ request, tokens }) => request.promptTokens + request.outputTokens - 1 - tokens);
    const full = ledger.stepsUntilFull(this.#step);
    const steps = Math.min(most, full, ...left);
    for (let count = 0; count < steps; count++) this.#stepNaive(this.naive, count + 1);
    ledger.grow(this.#step, steps);
    for (const running of this.#running) if (running.decoding) running.tokens += steps;
    this.#step += steps;
    if (steps === full) expect(succeeds(() => this.#stepNaive(this.naive.copy(), 1))).toBe(false);
  }

  leave(which: number): void {
    const running = this.#pick(which, () => true);
    if (running === undefined) return;
    this.#running.splice(this.#running.indexOf(running), 1);
    const { request, tokens } = running;
    if (running.decoding) this.cache.release(request, tokens, this.#step);
    else this.cache.abandon(request, request.promptTokens, tokens);
    this.naive.computed(running.id, request, tokens);
    this.naive.leave(running.id);
  }

  end(): void {
    while (this.#running.length > 0) this.leave(0);
  }

  compare(): void {
    const { ledger } = this.cache;
    const { used, shared, idle, empty } = this.naive.counts;
    expect({ used: ledger.usedBlocks, held: ledger.heldBlocks, free: ledger.freeBlocks }).toEqual({
      used,
      held: used + shared,
      free: idle + empty,
    });
    const cached = wholeTexts.map((text) => this.cache.cachedTokens(text, text.promptTokens) / 512);
    expect(cached.join()).toBe(this.naive.leadingNames(wholeTexts).join());
  }

  #stepNaive(naive: NaiveKvCache, steps: number): void {
    for (const { id, tokens, decoding } of this.#running) {
      if (decoding && this.#reserved === undefined) naive.reach(id, tokens + steps);
    }
  }

  #pick(which: number, among: (running: Running) => boolean): Running | undefined {
    const list = this.#running.filter(among);
    return list[which % list.length];
  }
}

function succeeds(attempt: () => void): boolean {
  try {
    attempt();
    return true;
  } catch {
    return false;
  }
}

describe("the KV cache, beside its naive counterpart,", () => {
  test("counts as a table of blocks does, whatever shares, leaps, leaves and evicts", () => {
    const options = fc.record({
      capacityTokens: fc.integer({ min: 2700, max: 6000 }),
      blockTokens: fc.constantFrom(64, 256, 512),
      allocation: fc.constantFrom(growth, reserve, powerOfTwo),
    });
    fc.assert(
      fc.property(options, operations, (chosen, list) => {
        const both = new Comparison(chosen);
        for (const operation of list) {
          if (operation.kind === "admit") both.admit(operation.request);
          else if (operation.kind === "chunk") both.chunk(operation.which, operation.share);
          else if (operation.kind === "decode") both.decode(operation.which);
          else if (operation.kind === "steps") both.steps(operation.steps);
          else both.leave(operation.which);
          both.compare();
        }
        both.end();
        both.compare();
        expect(both.cache.ledger.heldBlocks).toBe(0);
      }),
      { numRuns: 150 },
    );
  });
});
