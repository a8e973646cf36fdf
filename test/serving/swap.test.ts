import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { SwapSpace } from "../../src/serving/swap.ts";

const link = { latencySeconds: 1e-5, bytesPerSecond: 64e9 };
const swapSpace = (capacityTokens?: number) =>
  new SwapSpace<string>({ link, kvBytesPerToken: 327_680, capacityTokens });

describe("swap space", () => {
  test("moves a sequence in the link's latency and its bytes over the bandwidth", () => {
    const space = swapSpace();
    expect(space.bytes(2_000)).toBe(655_360_000);
    expect(space.seconds(2_000)).toBeCloseTo(0.01025, 12);
    expect(space.seconds(0)).toBe(1e-5);
  });

  test("keeps as much as was swapped out and not in", () => {
    const moves = fc.array(fc.record({ id: fc.integer({ min: 0, max: 6 }), tokens: fc.integer({ min: 1, max: 40 }) }));
    fc.assert(
      fc.property(moves, fc.integer({ min: 1, max: 120 }), (list, capacity) => {
        const space = new SwapSpace<number>({ link, kvBytesPerToken: 1, capacityTokens: capacity });
        const kept = new Map<number, number>();
        const tokens = () => [...kept.values()].reduce((sum, each) => sum + each, 0);
        for (const move of list) {
          const before = kept.get(move.id);
          if (before !== undefined) {
            expect(space.swapIn(move.id)).toBe(before);
            kept.delete(move.id);
          } else {
            expect(space.hasRoomFor(move.tokens)).toBe(tokens() + move.tokens <= capacity);
            if (!space.hasRoomFor(move.tokens)) continue;
            space.swapOut(move.id, move.tokens);
            kept.set(move.id, move.tokens);
          }
          expect([space.tokens, space.sequences]).toEqual([tokens(), kept.size]);
        }
      }),
    );
  });

  test("catches what is moved twice, and what does not fit", () => {
    const space = swapSpace(100);
    space.swapOut("a", 60);
    expect(() => space.swapOut("a", 1)).toThrow("swapped out twice");
    expect(() => space.swapIn("b")).toThrow("swapped in that is not there");
    expect(() => space.swapOut("b", 41)).toThrow("keeps 101 of 100 tokens");
    const unbounded = swapSpace();
    expect(unbounded.hasRoomFor(1e12)).toBe(true);
  });
});
