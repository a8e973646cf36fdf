import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { KvLedger } from "../../src/serving/kv-ledger.ts";

/** Sequences with so many cached tokens when they start to decode, at steps of their own. */
const sequences = fc.array(
  fc.record({ tokens: fc.integer({ min: 1, max: 60 }), joinStep: fc.integer({ min: 0, max: 20 }) }),
  {
    minLength: 1,
    maxLength: 12,
  },
);

describe("the KV ledger", () => {
  test("knows what any number of steps will take, and when it will be full", () => {
    fc.assert(
      fc.property(
        sequences,
        fc.integer({ min: 1, max: 17 }),
        fc.integer({ min: 0, max: 300 }),
        (list, blockTokens, spare) => {
          const now = 20;
          const blocks = (tokens: number) => Math.ceil(tokens / blockTokens);
          const heldAt = (step: number) =>
            list.reduce((sum, { tokens, joinStep }) => sum + blocks(tokens + step - joinStep), 0);
          const ledger = new KvLedger((heldAt(now) + spare) * blockTokens, blockTokens);
          for (const { tokens, joinStep } of list) {
            ledger.take(ledger.blocksFor(tokens + now - joinStep));
            ledger.startDecoding(tokens, joinStep);
          }
          expect(ledger.usedBlocks).toBe(heldAt(now));
          for (const steps of [1, 2, blockTokens, 3 * blockTokens + 1, 100]) {
            expect(ledger.growth(now, steps)).toBe(heldAt(now + steps) - heldAt(now));
          }
          const full = ledger.stepsUntilFull(now);
          expect(ledger.growth(now, full)).toBeLessThanOrEqual(ledger.freeBlocks);
          expect(ledger.growth(now, full + 1)).toBeGreaterThan(ledger.freeBlocks);
          ledger.grow(now, full);
          for (const { tokens, joinStep } of list) {
            ledger.stopDecoding(tokens + now + full - joinStep, now + full);
            ledger.give(ledger.blocksFor(tokens + now + full - joinStep));
          }
          expect(ledger.usedBlocks).toBe(0);
          expect(ledger.stepsUntilFull(now)).toBe(Number.POSITIVE_INFINITY);
        },
      ),
    );
  });

  test("refuses to hold more than it has, or less than nothing", () => {
    const ledger = new KvLedger(100, 16);
    expect(ledger.capacityBlocks).toBe(6);
    expect(() => ledger.take(ledger.blocksFor(97))).toThrow("7 used, 0 shared, 0 idle and -1 empty of 6 blocks");
    expect(() => new KvLedger(100, 16).give(1)).toThrow("-1 used, 0 shared, 0 idle and 7 empty of 6 blocks");
    expect(() => new KvLedger(100, 16).stopDecoding(1, 0)).toThrow("stopped decoding that did not decode");
  });

  test("holds its own count against that of a prefix cache", () => {
    const cache = { sharedBlocks: 0, idleBlocks: 0, evict: () => 0 };
    const ledger = new KvLedger(10, 1, 0, cache);
    ledger.take(6);
    cache.sharedBlocks = 4;
    ledger.share(4, 0);
    cache.sharedBlocks = 1;
    cache.idleBlocks = 3;
    expect([ledger.usedBlocks, ledger.heldBlocks, ledger.freeBlocks]).toEqual([2, 3, 7]);
    cache.idleBlocks = 2;
    expect(() => ledger.give(1)).toThrow("1 used, 1 shared, 2 idle and 5 empty of 10 blocks");
  });

  test.each([
    ["fewer blocks than it says", 2, 3],
    ["more blocks than it says", 4, 3],
    ["blocks that it does not have", 6, 6],
    ["too few blocks", 1, 1],
  ])("catches a prefix cache that gives up %s", (_, given, said) => {
    const cache = { sharedBlocks: 0, idleBlocks: 0, evict: () => said };
    const ledger = new KvLedger(10, 1, 0, cache);
    ledger.take(5);
    cache.idleBlocks = 5;
    ledger.share(5, 0);
    cache.evict = () => {
      cache.idleBlocks -= given;
      return said;
    };
    expect(() => ledger.take(8)).toThrow("KV ledger");
  });

  test("takes the place of idle blocks, and no more than it needs", () => {
    const cache = { sharedBlocks: 0, idleBlocks: 0, evict: (blocks: number) => blocks };
    const ledger = new KvLedger(10, 1, 0, cache);
    ledger.take(5);
    cache.idleBlocks = 5;
    ledger.share(5, 0);
    const asked: number[] = [];
    cache.evict = (blocks) => {
      asked.push(blocks);
      cache.idleBlocks -= blocks;
      return blocks;
    };
    ledger.take(5);
    ledger.take(3);
    expect([asked, cache.idleBlocks, ledger.freeBlocks]).toEqual([[3], 2, 2]);
  });
});
