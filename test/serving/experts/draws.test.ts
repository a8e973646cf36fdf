import { describe, expect, test } from "vitest";
import { conditionalPoisson, groupByGroup } from "../../../src/bounds/moe/conditional-poisson.ts";
import { balancedPlacement, contiguousPlacement } from "../../../src/bounds/moe/placement.ts";
import { type Popularity, pickProbabilities } from "../../../src/bounds/moe/popularity.ts";
import { missProbabilities } from "../../../src/bounds/moe/successive-sampling.ts";
import { normalCdf } from "../../../src/core/normal.ts";
import { randomStreams } from "../../../src/core/random.ts";
import { binomialDraws } from "../../../src/serving/experts/binomial.ts";
import { byGroup, distinctDraws, tokenByToken } from "../../../src/serving/experts/layer-draws.ts";
import { normalDraws } from "../../../src/serving/experts/normal-draws.ts";
import { pickDraws } from "../../../src/serving/experts/pick-draws.ts";
import { rankLoads, saturatedRankLoads } from "../../../src/serving/experts/rank-loads.ts";
import { distinctChances, forEachDraw, setChances, setSize } from "../../bounds/moe/enumeration.ts";
import { chiSquare, halfWidth999 } from "./judgement.ts";

// One seed for the whole file; every random check is at 99.9 % for itself.
const streams = randomStreams("draws");
const zipf = (exponent: number) => ({ kind: "zipf", exponent }) as const;
const uniform = { kind: "uniform" } as const;

function inclusionOf(popularity: Popularity, experts: number, active: number): Float64Array {
  return missProbabilities(pickProbabilities(popularity, experts, active), active).map((miss) => 1 - miss);
}

const singles = (experts: number) => Array.from({ length: experts }, (_, expert) => [expert]);

function expectLaw(observed: readonly number[], chances: readonly number[]): void {
  const { statistic, limit } = chiSquare(observed, chances);
  expect(statistic).toBeLessThan(limit);
}

describe("numbers", () => {
  test.each([
    [20, 0.3],
    [300, 0.002],
    [60, 0.2],
    [500, 0.4],
    [40, 0.9],
    [4096, 0.03],
  ])("binomial of %i trials, chance %f: by chi-square", (trials, chance) => {
    const draw = binomialDraws(streams(`binomial/${trials}`));
    const observed = new Array<number>(trials + 1).fill(0);
    for (let i = 0; i < 50_000; i++) observed[draw(trials, chance)]!++;
    let log = trials * Math.log1p(-chance);
    const chances = observed.map((_, successes) => {
      const own = Math.exp(log);
      log += Math.log(((trials - successes) / (successes + 1)) * (chance / (1 - chance)));
      return own;
    });
    expectLaw(observed, chances);
  });

  test("standard normal: by chi-square over cells of a tenth, and beyond the ziggurat's tail", () => {
    const draw = normalDraws(streams("normal"));
    const count = 400_000;
    const observed = new Array<number>(100).fill(0);
    let tail = 0;
    for (let i = 0; i < count; i++) {
      const x = draw();
      observed[Math.min(99, Math.max(0, Math.floor(10 * x) + 50))]!++;
      if (Math.abs(x) > 3.7) tail++;
    }
    const cumulative = (cell: number) => (cell <= 0 ? 0 : cell >= 100 ? 1 : normalCdf((cell - 50) / 10));
    expectLaw(
      observed,
      observed.map((_, cell) => cumulative(cell + 1) - cumulative(cell)),
    );
    const chance = 2 * normalCdf(-3.7);
    expect(Math.abs(tail - count * chance)).toBeLessThan(halfWidth999 * Math.sqrt(count * chance));
  });
});

describe("picks", () => {
  test("come in proportion to weights, one after the other independently, and never of weight zero", () => {
    for (const weights of [
      [5, 0, 1, 3, 0.2],
      [1, 1, 1, 1, 0],
    ]) {
      const picks = pickProbabilities({ kind: "weights", weights }, 5, 2);
      const pick = pickDraws(picks, streams(`picks/${weights}`));
      const observed = new Array<number>(25).fill(0);
      // Pairs of neighbours, the second of which is made of what the first left of a number, and pairs across numbers.
      for (let i = 0; i < 50_000; i++) observed[5 * pick() + pick()]!++;
      const pairs = Array.from(picks).flatMap((first) => Array.from(picks, (second) => first * second));
      for (const [pair, chance] of pairs.entries()) if (chance === 0) expect(observed[pair]).toBe(0);
      const kept = [...pairs.keys()].filter((pair) => pairs[pair]! > 0);
      expectLaw(
        kept.map((pair) => observed[pair]!),
        kept.map((pair) => pairs[pair]!),
      );
    }
  });

  test.each([
    ["Zipf 1.2", zipf(1.2)],
    ["one expert with nearly all popularity", { kind: "weights", weights: [1, 3e-12, 0, 1e-12, 2e-12] }],
  ] as const)("a token's set follows successive sampling, counted case by case: %s", (name, popularity) => {
    const picks = pickProbabilities(popularity, 5, 3);
    const sets = [...setChances(picks, 3)].filter(([, chance]) => chance > 0);
    const draw = distinctDraws(picks, 3, streams(`sets/${name}`));
    const seen = new Map<number, number>();
    const into = new Int32Array(3);
    for (let i = 0; i < 50_000; i++) {
      draw(into, 0);
      const set = into.reduce((mask, expert) => mask | (1 << expert), 0);
      seen.set(set, (seen.get(set) ?? 0) + 1);
    }
    expect([...seen.keys()].every((set) => sets.some(([possible]) => possible === set))).toBe(true);
    expectLaw(
      sets.map(([set]) => seen.get(set) ?? 0),
      sets.map(([, chance]) => chance),
    );
  });
});

describe("a layer of many tokens", () => {
  test("expert by expert, uniform choice: distinct experts follow the exact law, every token is served k times", () => {
    const [experts, active, tokens] = [6, 2, 3];
    const chances = conditionalPoisson(new Float64Array(experts).fill(active / experts), active);
    const draws = byGroup(groupByGroup(chances, active, singles(experts)), streams("turns"));
    const observed = new Array<number>(experts + 1).fill(0);
    const counts = new Int32Array(experts);
    let served = 0;
    for (let i = 0; i < 50_000; i++) {
      counts.fill(0);
      draws(tokens, counts);
      served += counts.reduce((sum, n) => sum + n, 0);
      observed[counts.filter((n) => n > 0).length]!++;
    }
    expect(served).toBe(50_000 * tokens * active);
    expectLaw(observed, distinctChances(setChances(new Array(experts).fill(1), active), tokens, experts));
  });

  test("rank by rank, uniform choice: the joint law of all ranks' assignments is that of every case counted", () => {
    const [experts, active, tokens] = [7, 3, 3];
    const ranks = [
      [0, 1, 2],
      [3, 4],
      [5, 6],
    ];
    const masks = ranks.map((held) => held.reduce((mask, expert) => mask | (1 << expert), 0));
    const key = (loads: ArrayLike<number>) => (10 * loads[0]! + loads[1]!) * 10 + loads[2]!;
    const counted = new Array<number>(1000).fill(0);
    forEachDraw(setChances(new Array(experts).fill(1), active), tokens, (draw, chance) => {
      counted[key(masks.map((mask) => draw.reduce((sum, set) => sum + setSize(set & mask), 0)))]! += chance;
    });
    const chances = conditionalPoisson(new Float64Array(experts).fill(active / experts), active);
    const draws = byGroup(groupByGroup(chances, active, ranks), streams("ranks"));
    const observed = new Array<number>(1000).fill(0);
    const counts = new Int32Array(3);
    for (let i = 0; i < 50_000; i++) {
      counts.fill(0);
      draws(tokens, counts);
      observed[key(counts)]!++;
    }
    expectLaw(observed, counted);
  });

  test("popular choice: each expert's count is binomial with its own inclusion probability", () => {
    const inclusion = inclusionOf(zipf(1), 8, 2);
    const draws = byGroup(groupByGroup(conditionalPoisson(inclusion, 2), 2, singles(8)), streams("popular turns"));
    const [tokens, rounds] = [500, 400];
    const counts = new Int32Array(8);
    for (let i = 0; i < rounds; i++) draws(tokens, counts);
    for (const [expert, p] of inclusion.entries()) {
      const errors = (counts[expert]! - tokens * rounds * p) / Math.sqrt(tokens * rounds * p * (1 - p));
      expect(Math.abs(errors)).toBeLessThan(halfWidth999);
    }
  });

  test.each([
    ["uniform", uniform, 400, "contiguous"],
    ["Zipf 0.6", zipf(0.6), 400, "contiguous"],
    ["Zipf 0.6", zipf(0.6), 1200, "balanced"],
  ] as const)(
    "%s choice: by token, by expert and by rank serve the busiest rank alike: means within both 99.9 % intervals",
    (_, popularity, tokens, kind) => {
      const [experts, active, ranks] = [64, 4, 8];
      const inclusion = inclusionOf(popularity, experts, active);
      const placement = kind === "balanced" ? balancedPlacement(inclusion, ranks) : contiguousPlacement(experts, ranks);
      const chances = conditionalPoisson(inclusion, active);
      const spread = rankLoads(placement, streams("unused"));
      const counts = new Int32Array(experts);
      const ofExperts = (draws: (tokens: number, counts: Int32Array) => void) => () => {
        counts.fill(0);
        draws(tokens, counts);
        return spread(counts).busiestAssignments;
      };
      const byRank = saturatedRankLoads(placement, chances, active, streams("by rank"));
      const [byToken, ...others] = [
        ofExperts(tokenByToken(pickProbabilities(popularity, experts, active), active, streams("by token"))),
        ofExperts(byGroup(groupByGroup(chances, active, singles(experts)), streams("by expert"))),
        () => byRank(tokens).busiestAssignments,
      ].map((busiest) => {
        const rounds = 1000;
        const values = Array.from({ length: rounds }, busiest);
        const mean = values.reduce((a, b) => a + b, 0) / rounds;
        return { mean, square: values.reduce((a, b) => a + (b - mean) ** 2, 0) / (rounds - 1) / rounds };
      });
      for (const other of others) {
        const limit = halfWidth999 * Math.sqrt(byToken!.square + other.square);
        expect(Math.abs(byToken!.mean - other.mean)).toBeLessThan(limit);
      }
    },
  );

  test("experts that cannot be picked are on no rank's list of reads", () => {
    const weights = [1, 0, 3, 2, 0, 0];
    const inclusion = inclusionOf({ kind: "weights", weights }, 6, 2);
    const draws = saturatedRankLoads(contiguousPlacement(6, 3), conditionalPoisson(inclusion, 2), 2, streams("none"));
    const { reads, assignments, touched, busiestReads } = draws(1000);
    expect([[...reads], touched, busiestReads]).toEqual([[1, 2, 0], 3, 2]);
    expect(assignments[2]).toBe(0);
    expect(assignments[0]! + assignments[1]!).toBe(2000);
  });
});
