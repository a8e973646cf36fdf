import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { busiestAssignments, busiestReads } from "../../../src/bounds/moe/busiest-rank.ts";
import { uniformOccupancy } from "../../../src/bounds/moe/occupancy.ts";
import { balancedPlacement, contiguousPlacement, rankShares } from "../../../src/bounds/moe/placement.ts";
import { pickProbabilities } from "../../../src/bounds/moe/popularity.ts";
import { missProbabilities } from "../../../src/bounds/moe/successive-sampling.ts";
import { UserError } from "../../../src/core/errors.ts";
import { forEachDraw, setChances, setSize } from "./enumeration.ts";

function zipfInclusion(experts: number, active: number, exponent: number): Float64Array {
  return missProbabilities(pickProbabilities({ kind: "zipf", exponent }, experts, active), active).map(
    (miss) => 1 - miss,
  );
}

describe("placements", () => {
  test("contiguous: equal runs, in the given order", () => {
    expect(contiguousPlacement(6, 3).holders).toEqual([[0], [0], [1], [1], [2], [2]]);
    expect(contiguousPlacement(4, 2, [3, 1, 0, 2]).holders).toEqual([[1], [0], [1], [0]]);
    expect(() => contiguousPlacement(4, 5)).toThrow(UserError);
  });

  test("balanced: every expert somewhere, no rank twice, slots kept, no worse than contiguous", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 8 }),
        fc.integer({ min: 1, max: 8 }),
        fc.integer({ min: 0, max: 2 }),
        fc.double({ min: 0, max: 2, noNaN: true }),
        (ranks, perRank, sparePerRank, exponent) => {
          const experts = ranks * perRank;
          const loads = Float64Array.from({ length: experts }, (_, i) => (i + 1) ** -exponent);
          const { holders } = balancedPlacement(loads, ranks, sparePerRank * ranks);
          const used = new Array<number>(ranks).fill(0);
          for (const held of holders) {
            expect(held.length).toBeGreaterThanOrEqual(1);
            expect(new Set(held).size).toBe(held.length);
            for (const rank of held) used[rank]!++;
          }
          expect(Math.max(...used)).toBeLessThanOrEqual(perRank + sparePerRank);
          if (sparePerRank === 0) {
            const worst = (shares: Float64Array) => Math.max(...shares);
            const contiguous = worst(rankShares(contiguousPlacement(experts, ranks), loads));
            expect(worst(rankShares({ ranks, holders }, loads))).toBeLessThanOrEqual(contiguous + 1e-12);
          }
        },
      ),
      { numRuns: 100, seed: 4 },
    );
  });

  test("replicas of hot experts even out what placement alone cannot", () => {
    const inclusion = zipfInclusion(8, 2, 1);
    const without = Math.max(...rankShares(balancedPlacement(inclusion, 8), inclusion));
    const replicated = Math.max(...rankShares(balancedPlacement(inclusion, 8, 16), inclusion));
    expect(without).toBeGreaterThan(0.3);
    expect(replicated).toBeLessThan(0.135);
  });
});

describe("the busiest rank", () => {
  /** `E[max]` over ranks by going through every case, of reads and of assignments. */
  function counted(picks: ArrayLike<number>, active: number, tokens: number, ranks: number): [number, number] {
    const experts = picks.length;
    const { holders } = contiguousPlacement(experts, ranks);
    const masks = Array.from({ length: ranks }, (_, rank) =>
      holders.reduce((mask, held, expert) => (held[0] === rank ? mask | (1 << expert) : mask), 0),
    );
    let [reads, assignments] = [0, 0];
    forEachDraw(setChances(picks, active), tokens, (draw, chance) => {
      const union = draw.reduce((all, set) => all | set, 0);
      reads += chance * Math.max(...masks.map((mask) => setSize(union & mask)));
      assignments += chance * Math.max(...masks.map((mask) => draw.reduce((sum, set) => sum + setSize(set & mask), 0)));
    });
    return [reads, assignments];
  }

  test.each([
    [6, 2, 3, 3],
    [6, 2, 4, 2],
    [8, 3, 2, 4],
    [4, 1, 6, 4],
  ])("E=%i, k=%i, T=%i, %i ranks, uniform: reads exact, assignments close", (experts, active, tokens, ranks) => {
    const [reads, assignments] = counted(new Array(experts).fill(1), active, tokens, ranks);
    const inclusion = new Float64Array(experts).fill(active / experts);
    const placement = contiguousPlacement(experts, ranks);
    const distinct = uniformOccupancy({ experts, active }).law(tokens);
    expect(busiestReads(placement, inclusion, tokens, distinct).expected).toBeCloseTo(reads, 10);
    const numerical = busiestAssignments(placement, inclusion, tokens);
    expect(Math.abs(numerical.expected / assignments - 1)).toBeLessThan(0.03);
    expect(numerical.even).toBeCloseTo((tokens * active) / ranks, 12);
  });

  test("k = 1 with one expert a rank, the hardest case: assignments are multinomial and the numerical mean is 1.5 % high or less", () => {
    const [, assignments] = counted([1, 1, 1, 1], 1, 6, 4);
    const numerical = busiestAssignments(contiguousPlacement(4, 4), new Float64Array(4).fill(0.25), 6).expected;
    expect(Math.abs(numerical / assignments - 1)).toBeLessThan(0.015);
  });

  test("where normal laws take over, the excess over the even share steps by less than 2 %: their missing skew", () => {
    const placement = contiguousPlacement(256, 8);
    const inclusion = new Float64Array(256).fill(8 / 256);
    const scaled = [95, 100, 110, 120, 130].map((tokens) => {
      const { expected, even } = busiestAssignments(placement, inclusion, tokens);
      return (expected - even) / Math.sqrt(tokens);
    });
    expect(Math.max(...scaled) / Math.min(...scaled)).toBeLessThan(1.02);
  });

  test("Zipf 0.6, E=256, k=8, T=32: the busiest of 8 contiguous ranks serves 3.0 times its share and reads 1.6 times", () => {
    const inclusion = zipfInclusion(256, 8, 0.6);
    const placement = contiguousPlacement(256, 8);
    const serves = busiestAssignments(placement, inclusion, 32);
    expect(serves.expected / serves.even).toBeCloseTo(2.98, 2);
    const balanced = busiestAssignments(balancedPlacement(inclusion, 8), inclusion, 32);
    expect(balanced.expected / balanced.even).toBeCloseTo(1.25, 2);
  });
});
