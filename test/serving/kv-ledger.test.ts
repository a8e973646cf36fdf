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
            ledger.allocate(tokens + now - joinStep);
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
          for (const { tokens, joinStep } of list) ledger.release(tokens + now + full - joinStep, now + full);
          expect(ledger.usedBlocks).toBe(0);
          expect(ledger.stepsUntilFull(now)).toBe(Number.POSITIVE_INFINITY);
        },
      ),
    );
  });

  test("refuses to hold more than it has, or less than nothing", () => {
    const ledger = new KvLedger(100, 16);
    expect(ledger.capacityBlocks).toBe(6);
    expect(() => ledger.allocate(97)).toThrow("7 of 6 blocks");
    expect(() => new KvLedger(100, 16).release(1, 0)).toThrow("-1 of 6 blocks");
  });
});
