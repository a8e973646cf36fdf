import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { InvariantError } from "../../src/core/errors.ts";
import { kvAllocations } from "../../src/serving/kv-allocation.ts";
import { KvCache, type KvCacheOptions, type KvRequest } from "../../src/serving/kv-cache.ts";

const growth = kvAllocations.build({ name: "growth" });
const reserve = (outputTokens: number) => kvAllocations.build({ name: "reserve", outputTokens });

/** 64 blocks of 128 tokens unless said. */
function kvCache(options: Partial<KvCacheOptions> = {}): KvCache {
  const usual = { capacityTokens: 8192, blockTokens: 128, watermark: 0, allocation: growth, prefixSharing: true };
  return new KvCache({ ...usual, ...options });
}

function request(promptTokens: number, outputTokens: number, prefixHashes?: number[], className?: string): KvRequest {
  return { promptTokens, outputTokens, prefixHashes, className };
}

/** Serves a request alone, from admission to its last token; returns the tokens that it found. */
function serve(cache: KvCache, one: KvRequest): number {
  const found = cache.admit(one, one.promptTokens);
  cache.startDecoding(one, one.promptTokens, 0);
  cache.ledger.grow(0, one.outputTokens - 1);
  cache.release(one, one.promptTokens + one.outputTokens - 1, one.outputTokens - 1);
  return found;
}

describe("admission", () => {
  test("leaves the watermark free, which growth may use", () => {
    const { ledger } = kvCache({ capacityTokens: 1290, blockTokens: 128, watermark: 0.25 });
    expect([ledger.capacityBlocks, ledger.watermarkBlocks]).toEqual([10, 2]);
    ledger.take(ledger.blocksFor(1024));
    expect([ledger.freeBlocks, ledger.freeBlocksForAdmission]).toEqual([2, 0]);
    ledger.startDecoding(1024, 0);
    ledger.grow(0, ledger.stepsUntilFull(0));
    expect([ledger.freeBlocks, ledger.freeBlocksForAdmission]).toEqual([0, -2]);
    expect(kvCache({ watermark: { blocks: 3 } }).ledger.freeBlocksForAdmission).toBe(61);
  });

  test.each([
    [{}, request(8000, 193), undefined],
    [{}, request(8000, 194), "needs 65 KV blocks of 64"],
    [{ watermark: 0.5 }, request(4096, 1), undefined],
    [{ watermark: 0.5 }, request(4096, 2), "needs 33 KV blocks of 32"],
    [{ allocation: reserve(193) }, request(8000, 1), undefined],
    [{ allocation: reserve(194) }, request(8000, 1), "needs 65 KV blocks of 64"],
    [{ allocation: reserve(100) }, request(1, 101), "has 101 output tokens of 100 reserved"],
  ])("refuses what could not be served even alone: %o %o", (options, one, reason) => {
    expect(kvCache(options).refusal(one)).toBe(reason);
  });
});

describe("reservation", () => {
  test.each([
    [reserve(400), 600],
    [kvAllocations.build({ name: "reserve-power-of-two-oracle" }), 200 + 256],
    [kvAllocations.build({ name: "reserve-oracle" }), 200 + 130],
  ])("takes all blocks at once and never grows", (allocation, places) => {
    const cache = kvCache({ allocation, blockTokens: 1, prefixSharing: false });
    const one = request(200, 130);
    cache.admit(one, 200);
    cache.startDecoding(one, 200, 0);
    expect(cache.ledger.usedBlocks).toBe(places - 1);
    expect(cache.ledger.stepsUntilFull(0)).toBe(Number.POSITIVE_INFINITY);
    cache.ledger.grow(0, 129);
    expect(cache.ledger.usedBlocks).toBe(places - 1);
    cache.release(one, 329, 129);
    expect(cache.ledger.usedBlocks).toBe(0);
  });

  test("is not outgrown", () => {
    const cache = kvCache({ allocation: reserve(100), blockTokens: 1 });
    expect(() => cache.admit(request(200, 300), 300)).toThrow("a prefill of 300 tokens exceeds");
  });
});

describe("prefix sharing", () => {
  test("finds the leading full blocks of a prompt, and computes at least its last token", () => {
    const cache = kvCache();
    expect(serve(cache, request(1100, 1, [1, 2]))).toBe(0);
    expect(serve(cache, request(1100, 1, [1, 2]))).toBe(1024);
    expect(serve(cache, request(1025, 1, [1, 2]))).toBe(1024);
    expect(serve(cache, request(1024, 1, [1, 2]))).toBe(512);
    expect(serve(cache, request(1100, 1, [1, 3]))).toBe(512);
    expect(serve(cache, request(1100, 1, [4, 2]))).toBe(0);
    expect(serve(cache, request(1100, 1))).toBe(0);
  });

  test("is among requests of one class", () => {
    const cache = kvCache();
    serve(cache, request(1100, 1, [1, 2], "chat"));
    expect(serve(cache, request(1100, 1, [1, 2], "code"))).toBe(0);
    expect(serve(cache, request(1100, 1, [1, 2], "chat"))).toBe(1024);
  });

  test("begins when a prefill has computed a block, and counts what several use once", () => {
    const cache = kvCache();
    const { ledger } = cache;
    const [first, second, third] = [request(1100, 9, [1, 2]), request(1100, 9, [1, 2]), request(1100, 9, [1, 2])];
    cache.admit(first, 1100);
    expect(cache.admit(second, 1100)).toBe(0);
    expect([ledger.usedBlocks, ledger.heldBlocks]).toEqual([18, 18]);
    cache.computed(first, 600);
    expect(cache.blocksToAdmit(third, 1100)).toBe(5);
    expect(cache.admit(third, 1100)).toBe(512);
    expect([ledger.usedBlocks, ledger.heldBlocks]).toEqual([19, 23]);
    for (const one of [first, second, third]) cache.startDecoding(one, 1100, 0);
    // The second and third give up what they computed for what was there already.
    expect([ledger.usedBlocks, ledger.heldBlocks]).toEqual([3, 11]);
  });

  test("leaves a preempted request its blocks, those of its output too where they have names", () => {
    const cache = kvCache();
    const one = request(1000, 200, [1, 2]);
    cache.admit(one, 1000);
    cache.startDecoding(one, 1000, 0);
    cache.ledger.grow(0, 100);
    cache.release(one, 1100, 100);
    expect(cache.admit(one, 1101)).toBe(1024);
  });

  test("leaves a request that was preempted in its prefill what it had computed", () => {
    const cache = kvCache();
    const one = request(2000, 1, [1, 2, 3]);
    cache.admit(one, 2000);
    cache.abandon(one, 2000, 700);
    expect(cache.ledger.heldBlocks).toBe(0);
    expect(cache.cachedTokens(one, 2000)).toBe(512);
  });

  test("evicts what was used longest ago, of one request its last blocks first, and only for want of space", () => {
    const cache = kvCache({ capacityTokens: 5 * 512 });
    const found = (...names: number[]) => cache.cachedTokens(request(5000, 1, names), 5000) / 512;
    serve(cache, request(1024, 1, [1, 2]));
    serve(cache, request(1024, 1, [3, 4]));
    expect(cache.ledger.freeBlocks).toBe(20);
    const filling = request(512, 10_000);
    cache.admit(filling, 512);
    expect([found(1, 2), found(3, 4)]).toEqual([2, 2]);
    cache.startDecoding(filling, 512, 0);
    cache.ledger.grow(0, 1);
    expect([found(1, 2), found(3, 4)]).toEqual([1, 2]);
    cache.ledger.grow(1, 512);
    expect([found(1, 2), found(3, 4)]).toEqual([0, 2]);
    cache.ledger.grow(513, 512);
    expect([found(1, 2), found(3, 4)]).toEqual([0, 1]);
  });

  test("works beside a reservation", () => {
    const cache = kvCache({ allocation: reserve(412) });
    const [first, second] = [request(1124, 1, [1, 2]), request(1124, 400, [1, 2])];
    serve(cache, first);
    expect(cache.admit(second, 1124)).toBe(1024);
    expect([cache.ledger.usedBlocks, cache.ledger.heldBlocks]).toEqual([4, 12]);
  });
});

describe("a mistake is caught before the cache is empty again:", () => {
  const requests = fc.array(
    fc.record({
      promptTokens: fc.integer({ min: 1, max: 1200 }),
      outputTokens: fc.integer({ min: 1, max: 300 }),
      prefixHashes: fc.constantFrom([], [1, 2], [1, 3]),
    }),
    { minLength: 1, maxLength: 8 },
  );
  const allocation = fc.constantFrom(growth, reserve(300));
  const ample = { capacityTokens: 100_000, blockTokens: 16 };

  /** All run together for as long as the shortest output, then all leave. */
  function serveAll(
    cache: KvCache,
    all: readonly KvRequest[],
    leave = (one: KvRequest, steps: number) => cache.release(one, one.promptTokens + steps, steps),
  ): void {
    for (const one of all) cache.admit(one, one.promptTokens);
    for (const one of all) cache.startDecoding(one, one.promptTokens, 0);
    const steps = Math.min(...all.map(({ outputTokens }) => outputTokens)) - 1;
    cache.ledger.grow(0, steps);
    for (const one of all) leave(one, steps);
  }

  test("none is seen where there is none", () => {
    fc.assert(fc.property(requests, allocation, (all, by) => serveAll(kvCache({ ...ample, allocation: by }), all)));
  });

  test.each([
    ["a leaked block", -1],
    ["a block given back twice", 1],
  ])("%s", (_, more) => {
    fc.assert(
      fc.property(requests, allocation, fc.nat(), (all, by, which) => {
        const cache = kvCache({ ...ample, allocation: by });
        const { ledger } = cache;
        const give = ledger.give.bind(ledger);
        let gifts = 0;
        ledger.give = (blocks) => give(gifts++ === which % all.length ? blocks + more : blocks);
        expect(() => serveAll(cache, all)).toThrow(InvariantError);
      }),
    );
  });

  test("a request released twice", () => {
    fc.assert(
      fc.property(requests, allocation, fc.nat(), (all, by, which) => {
        const cache = kvCache({ ...ample, allocation: by });
        const twice = all[which % all.length];
        const leave = (one: KvRequest, steps: number) => {
          cache.release(one, one.promptTokens + steps, steps);
          if (one === twice) cache.release(one, one.promptTokens + steps, steps);
        };
        expect(() => serveAll(cache, all, leave)).toThrow(InvariantError);
      }),
    );
  });
});
