import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { conditionalPoisson, type GroupByGroup, groupByGroup } from "../../../src/bounds/moe/conditional-poisson.ts";
import { lawMean, lawVariance } from "../../../src/bounds/moe/integer-law.ts";
import { meanDistinct, varianceDistinct } from "../../../src/bounds/moe/occupancy.ts";
import { meanTouched, missTerms, occupancy, varianceTouched } from "../../../src/bounds/moe/popular-occupancy.ts";
import { pickProbabilities } from "../../../src/bounds/moe/popularity.ts";
import { missPairs, missProbabilities } from "../../../src/bounds/moe/successive-sampling.ts";
import { UserError } from "../../../src/core/errors.ts";
import { distinctChances, forEachDraw, setChances, setSize } from "./enumeration.ts";

const zipf = (exponent: number) => ({ kind: "zipf", exponent }) as const;

describe("successive sampling", () => {
  test.each([
    [[5, 3, 1, 1, 0.5], 3],
    [[100, 1, 1, 0.01], 2],
    [[1, 2, 3, 4, 5, 6], 4],
    [[4, 2, 0, 1], 1],
  ])("weights %j, k=%i: single and pair misses are those of every order counted", (weights, active) => {
    const picks = pickProbabilities({ kind: "weights", weights }, weights.length, active);
    const sets = setChances(picks, active);
    const missed = (mask: number) => [...sets].reduce((sum, [set, chance]) => sum + (set & mask ? 0 : chance), 0);
    const { single, pair } = missPairs(picks, active);
    for (let i = 0; i < weights.length; i++) {
      expect(single[i]).toBeCloseTo(missed(1 << i), 11);
      for (let j = 0; j < weights.length; j++) {
        if (i !== j) expect(pair[i * weights.length + j]).toBeCloseTo(missed((1 << i) | (1 << j)), 11);
      }
    }
  });

  test("inclusion adds up: Σ π_i = k and Σ_j π_ij = (k - 1)·π_i", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 3, max: 40 }),
        fc.integer({ min: 1, max: 6 }),
        fc.double({ min: 0, max: 2.5, noNaN: true }),
        (experts, wanted, exponent) => {
          const active = Math.min(wanted, experts - 1);
          const { single, pair } = missPairs(pickProbabilities(zipf(exponent), experts, active), active);
          const inclusion = single.map((miss) => 1 - miss);
          expect(inclusion.reduce((sum, p) => sum + p, 0)).toBeCloseTo(active, 10);
          for (let i = 0; i < experts; i++) {
            let together = 0;
            for (let j = 0; j < experts; j++) {
              if (i !== j) together += inclusion[i]! + inclusion[j]! - 1 + pair[i * experts + j]!;
            }
            expect(together).toBeCloseTo((active - 1) * inclusion[i]!, 9);
          }
        },
      ),
      { numRuns: 30, seed: 4 },
    );
  });

  test("equal weights give the uniform closed forms", () => {
    const terms = missTerms(missPairs(pickProbabilities({ kind: "uniform" }, 64, 4), 4));
    const single = missProbabilities(pickProbabilities({ kind: "uniform" }, 64, 4), 4);
    for (const tokens of [1, 5, 30]) {
      expect(meanTouched(single, tokens)).toBeCloseTo(meanDistinct({ experts: 64, active: 4 }, tokens), 10);
      expect(varianceTouched(terms, tokens)).toBeCloseTo(varianceDistinct({ experts: 64, active: 4 }, tokens), 9);
    }
  });

  test("weights that cannot be drawn from are refused", () => {
    const weights = (list: number[]) => ({ kind: "weights", weights: list }) as const;
    expect(() => pickProbabilities(weights([1, 0, 0]), 3, 2)).toThrow(UserError);
    expect(() => pickProbabilities(weights([1, 2]), 3, 2)).toThrow(UserError);
    expect(() => pickProbabilities(weights([1, -1, 3]), 3, 2)).toThrow(UserError);
  });
});

describe("distinct experts under popularity", () => {
  test.each([
    [6, 2, 4, 1],
    [5, 2, 5, 0.5],
    [6, 3, 3, 2],
    [7, 1, 5, 1],
  ])(
    "E=%i, k=%i, T=%i, Zipf %f: moments exact, the law close to every case counted",
    (experts, active, tokens, exponent) => {
      const picks = pickProbabilities(zipf(exponent), experts, active);
      const counted = distinctChances(setChances(picks, active), tokens, experts);
      const mean = counted.reduce((sum, p, d) => sum + p * d, 0);
      const variance = counted.reduce((sum, p, d) => sum + p * (d - mean) ** 2, 0);
      const layer = occupancy({ experts, active }, zipf(exponent));
      expect(layer.mean(tokens)).toBeCloseTo(mean, 10);
      expect(layer.variance(tokens)).toBeCloseTo(variance, 10);
      const law = layer.law(tokens);
      expect(lawMean(law)).toBeCloseTo(mean, 7);
      expect(lawVariance(law)).toBeCloseTo(variance, 7);
      let difference = 0;
      for (let d = 0, gap = 0; d <= experts; d++) {
        gap += (law.probabilities[d - law.first] ?? 0) - counted[d]!;
        difference = Math.max(difference, Math.abs(gap));
      }
      expect(difference).toBeLessThan(0.02);
    },
  );

  test("laws of two values, and laws near saturation, have their exact moments too", () => {
    for (const [experts, active] of [
      [8, 1],
      [5, 4],
      [3, 2],
      [32, 4],
    ] as const) {
      for (const exponent of [0.3, 1, 3, 8]) {
        const layer = occupancy({ experts, active }, zipf(exponent));
        for (const tokens of [2, 3, 10, 100, 3000]) {
          const law = layer.law(tokens);
          expect(Math.abs(lawMean(law) - layer.mean(tokens))).toBeLessThan(1e-6);
          expect(Math.abs(lawVariance(law) - layer.variance(tokens))).toBeLessThan(1e-6);
        }
      }
    }
  });

  test("Zipf 0.6 at E=256, k=8, T=32 touches 13.6 % fewer experts than uniform choice", () => {
    const fall =
      1 - occupancy({ experts: 256, active: 8 }, zipf(0.6)).mean(32) / meanDistinct({ experts: 256, active: 8 }, 32);
    expect(fall).toBeCloseTo(0.1357, 4);
  });

  test("one token touches exactly k; k = E leaves nothing to chance; unpickable experts are never touched", () => {
    expect(occupancy({ experts: 20, active: 3 }, zipf(1)).law(1)).toEqual({
      first: 3,
      probabilities: Float64Array.of(1),
    });
    expect(occupancy({ experts: 4, active: 4 }, zipf(1)).law(7)).toEqual({
      first: 4,
      probabilities: Float64Array.of(1),
    });
    expect(occupancy({ experts: 4, active: 1 }, { kind: "weights", weights: [1, 0, 3, 0] }).law(500).first).toBe(2);
  });

  test("correlation from step to step is that of every case counted", () => {
    const [experts, active, sequences, persistence] = [5, 2, 2, 0.4];
    const picks = pickProbabilities(zipf(1), experts, active);
    const sets = setChances(picks, active);
    const size = (draw: readonly number[]) => setSize(draw.reduce((union, set) => union | set, 0));
    let [mean, square, product] = [0, 0, 0];
    forEachDraw(sets, sequences, (draw, chance) => {
      mean += chance * size(draw);
      square += chance * size(draw) ** 2;
      forEachDraw(sets, sequences, (fresh, freshChance) => {
        for (let kept = 0; kept < 2 ** sequences; kept++) {
          const next = fresh.map((set, s) => (kept & (1 << s) ? draw[s]! : set));
          const keeps = setSize(kept);
          product +=
            chance *
            freshChance *
            persistence ** keeps *
            (1 - persistence) ** (sequences - keeps) *
            size(draw) *
            size(next);
        }
      });
    });
    const expected = (product - mean ** 2) / (square - mean ** 2);
    const layer = occupancy({ experts, active }, zipf(1));
    expect(layer.correlation(sequences, persistence)).toBeCloseTo(expected, 9);
    expect(layer.correlation(sequences, 0)).toBeCloseTo(0, 12);
    expect(layer.correlation(sequences, 1)).toBeCloseTo(1, 12);
    expect(occupancy({ experts: 8, active: 8 }).correlation(3, 0.5)).toBe(0);
  });
});

describe("the conditional Poisson design", () => {
  const inclusionOf = (exponent: number, experts: number, active: number) =>
    missProbabilities(pickProbabilities(zipf(exponent), experts, active), active).map((miss) => 1 - miss);

  /** Expected picks of each group, and the chance that a token ends with none left. */
  function expectedPicks({ active, sizes, shares }: GroupByGroup): { picks: number[]; done: number } {
    const width = active + 1;
    let withLeft = new Float64Array(width);
    withLeft[active] = 1;
    const picks = Array.from(sizes, (size, group) => {
      const next = withLeft.slice();
      let mean = 0;
      for (let left = 1; left <= active; left++) {
        let open = withLeft[left]!;
        for (let j = 1; j <= Math.min(left, size); j++) {
          const picking = open * shares[(group * width + left) * width + j]!;
          open -= picking;
          next[left]! -= picking;
          next[left - j]! += picking;
          mean += j * picking;
        }
      }
      withLeft = next;
      return mean;
    });
    return { picks, done: withLeft[0]! };
  }

  test.each([
    [6, 2, 1],
    [20, 5, 0.7],
    [12, 3, 2],
    [9, 9, 1],
    [16, 4, 0],
    [8, 1, 5],
    [64, 4, 6],
  ])(
    "E=%i, k=%i, Zipf %f: has the inclusion probabilities asked for, expert by expert and by groups",
    (experts, active, exponent) => {
      const inclusion = inclusionOf(exponent, experts, active);
      const chances = conditionalPoisson(inclusion, active);
      const singles = Array.from({ length: experts }, (_, expert) => [expert]);
      const uneven = [singles.slice(0, 1), singles.slice(1, 4), singles.slice(4)].map((group) => group.flat());
      for (const groups of [singles, uneven]) {
        const { picks, done } = expectedPicks(groupByGroup(chances, active, groups));
        expect(done).toBeCloseTo(1, 12);
        for (const [group, own] of groups.entries()) {
          const wanted = own.reduce((sum, expert) => sum + inclusion[expert]!, 0);
          expect(picks[group]).toBeCloseTo(wanted, 10);
        }
      }
    },
  );

  test("is uniform choice where inclusion is equal: a group's picks are hypergeometric", () => {
    const [experts, active] = [10, 3];
    const chances = conditionalPoisson(new Float64Array(experts).fill(active / experts), active);
    const { shares } = groupByGroup(chances, active, [
      [0, 1, 2, 3],
      [4, 5, 6, 7, 8, 9],
    ]);
    const choose = (n: number, r: number): number => (r === 0 ? 1 : (n * choose(n - 1, r - 1)) / r);
    const law = [0, 1, 2, 3].map((j) => (choose(4, j) * choose(6, 3 - j)) / choose(10, 3));
    for (let j = 1; j <= active; j++) {
      const fewer = law.slice(1, j).reduce((sum, p) => sum + p, 0);
      expect(shares[active * (active + 1) + j]).toBeCloseTo(law[j]! / (1 - fewer), 12);
    }
  });
});
