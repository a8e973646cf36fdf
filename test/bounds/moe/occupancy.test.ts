import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { distanceToNormal, lawMean, lawVariance, repeated } from "../../../src/bounds/moe/integer-law.ts";
import {
  meanDistinct,
  publishedShare,
  publishedShareError,
  uniformOccupancy,
  varianceDistinct,
} from "../../../src/bounds/moe/occupancy.ts";
import { UserError } from "../../../src/core/errors.ts";
import { normalCdf } from "../../../src/core/normal.ts";
import { distinctChances, setChances } from "./enumeration.ts";

const routings = fc
  .integer({ min: 1, max: 160 })
  .chain((experts) =>
    fc.record({ experts: fc.constant(experts), active: fc.integer({ min: 1, max: Math.min(experts, 12) }) }),
  );

describe("distinct experts under uniform choice", () => {
  test.each([
    [5, 2, 3],
    [6, 3, 3],
    [4, 1, 5],
    [7, 4, 2],
  ])("E=%i, k=%i, T=%i: the law is that of every case counted", (experts, active, tokens) => {
    const counted = distinctChances(setChances(new Array(experts).fill(1), active), tokens, experts);
    const { first, probabilities } = uniformOccupancy({ experts, active }).law(tokens);
    for (let d = 0; d <= experts; d++) expect(probabilities[d - first] ?? 0).toBeCloseTo(counted[d]!, 13);
  });

  test("the law's moments are the closed forms'", () => {
    for (const [experts, active] of [
      [8, 2],
      [16, 2],
      [128, 4],
      [128, 8],
      [256, 8],
      [60, 7],
      [512, 1],
    ] as const) {
      const layer = uniformOccupancy({ experts, active });
      for (const tokens of [1, 2, 3, 31, 32, 33, 100, 400]) {
        const law = layer.law(tokens);
        expect(Math.abs(lawMean(law) / meanDistinct(layer.routing, tokens) - 1)).toBeLessThan(1e-12);
        expect(Math.abs(lawVariance(law) - varianceDistinct(layer.routing, tokens))).toBeLessThan(1e-11);
      }
    }
  });

  test("laws: mass one, at least k and at most E and T·k, mean grows with tokens", () => {
    fc.assert(
      fc.property(routings, fc.integer({ min: 1, max: 200 }), (routing, tokens) => {
        const { first, probabilities } = uniformOccupancy(routing).law(tokens);
        expect(probabilities.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 12);
        expect(first).toBeGreaterThanOrEqual(routing.active);
        const most = first + probabilities.length - 1;
        expect(most).toBeLessThanOrEqual(Math.min(routing.experts, tokens * routing.active));
        expect(meanDistinct(routing, tokens + 1)).toBeGreaterThanOrEqual(meanDistinct(routing, tokens));
        expect(varianceDistinct(routing, tokens)).toBeGreaterThanOrEqual(0);
      }),
      { numRuns: 60, seed: 4 },
    );
  });

  test("one token touches exactly k experts, and k = E leaves nothing to chance", () => {
    expect(uniformOccupancy({ experts: 256, active: 8 }).law(1)).toEqual({
      first: 8,
      probabilities: Float64Array.of(1),
    });
    expect(varianceDistinct({ experts: 256, active: 8 }, 1)).toBeLessThan(1e-13);
    for (const tokens of [1, 2, 50]) {
      expect(uniformOccupancy({ experts: 8, active: 8 }).law(tokens)).toEqual({
        first: 8,
        probabilities: Float64Array.of(1),
      });
      expect(varianceDistinct({ experts: 8, active: 8 }, tokens)).toBe(0);
    }
    expect(uniformOccupancy({ experts: 8, active: 2 }).law(0)).toEqual({ first: 0, probabilities: Float64Array.of(1) });
  });

  test("beyond saturation every expert is touched", () => {
    const layer = uniformOccupancy({ experts: 128, active: 8 });
    expect(1 - lawMean(layer.law(layer.saturationTokens - 1)) / 128).toBeLessThan(1e-12);
    expect(layer.law(layer.saturationTokens).first).toBe(128);
  });

  test("the published share is exact where k divides E and too high elsewhere", () => {
    expect(publishedShareError({ experts: 256, active: 8 }, 32)).toBeCloseTo(0, 12);
    // floor(60/8) = 7 stands for 7.5: one token is said to touch 8.571 experts.
    expect(publishedShare({ experts: 60, active: 8 }, 1) * 60).toBeCloseTo(60 / 7, 12);
    expect(publishedShareError({ experts: 60, active: 8 }, 1)).toBeCloseTo(60 / 56 - 1, 12);
  });

  test("the sum over layers is convolved, not taken as normal: near saturation a normal is off by 9 %", () => {
    const layer = uniformOccupancy({ experts: 8, active: 2 });
    const sum = repeated(layer.law(24), 32);
    expect(lawMean(sum)).toBeCloseTo(32 * meanDistinct(layer.routing, 24), 10);
    expect(lawVariance(sum)).toBeCloseTo(32 * varianceDistinct(layer.routing, 24), 10);
    expect(distanceToNormal(sum)).toBeCloseTo(0.088, 3);
    expect(distanceToNormal(repeated(uniformOccupancy({ experts: 256, active: 8 }).law(32), 58))).toBeLessThan(1e-3);
  });

  test("the normal distribution function, against tabulated values", () => {
    expect(normalCdf(0)).toBe(0.5);
    expect(normalCdf(1.959963984540054)).toBeCloseTo(0.975, 14);
    expect(normalCdf(-7) / 1.279812543885835e-12).toBeCloseTo(1, 10);
    expect(normalCdf(-3) + normalCdf(3)).toBeCloseTo(1, 14);
  });

  test("what cannot be is refused", () => {
    expect(() => uniformOccupancy({ experts: 8, active: 9 })).toThrow(UserError);
    expect(() => uniformOccupancy({ experts: 8, active: 0 })).toThrow(UserError);
    expect(() => uniformOccupancy({ experts: 8, active: 2 }).law(1.5)).toThrow(UserError);
  });
});
