import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { concaveTime, pieceAt } from "../../src/bounds/concave-time.ts";

/** Lines that differ by more than rounding. */
const thousandths = (least: number) => fc.integer({ min: least, max: 10_000 }).map((count) => count / 1_000);
const anyLine = fc.record({ latencySeconds: thousandths(0), secondsPerToken: thousandths(0) });
const anySum = fc.array(fc.array(anyLine, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 5 });

describe("a sum of times that are each the least of some lines", () => {
  test("is what adding up the least lines gives, looked for from the start or from an earlier piece", () => {
    const tokens = fc.double({ min: 0, max: 1e4, noNaN: true });
    fc.assert(
      fc.property(anySum, tokens, tokens, (sum, one, other) => {
        const [few, many] = [Math.min(one, other), Math.max(one, other)];
        const time = concaveTime(sum);
        const piece = pieceAt(time, many, pieceAt(time, few));
        const least = sum
          .map((lines) => Math.min(...lines.map((line) => line.latencySeconds + line.secondsPerToken * many)))
          .reduce((total, seconds) => total + seconds, 0);
        expect(piece).toBe(pieceAt(time, many));
        expect(time.latencySeconds[piece]! + time.secondsPerToken[piece]! * many).toBeCloseTo(least, 8);
      }),
    );
  });

  test("flattens from piece to piece", () => {
    fc.assert(
      fc.property(anySum, (sum) => {
        const { starts, secondsPerToken } = concaveTime(sum);
        expect(starts[0]).toBe(0);
        for (let piece = 1; piece < starts.length; piece++) {
          expect(starts[piece]!).toBeGreaterThan(starts[piece - 1]!);
          expect(secondsPerToken[piece]!).toBeLessThan(secondsPerToken[piece - 1]!);
        }
      }),
    );
  });
});
