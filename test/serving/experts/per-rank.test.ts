import { describe, expect, test } from "vitest";
import { busiestAssignments, busiestReads } from "../../../src/bounds/moe/busiest-rank.ts";
import { conditionalPoisson, uniformExpertByExpert } from "../../../src/bounds/moe/conditional-poisson.ts";
import { balancedPlacement, contiguousPlacement, rankShares } from "../../../src/bounds/moe/placement.ts";
import { occupancy } from "../../../src/bounds/moe/popular-occupancy.ts";
import { type Popularity, pickProbabilities } from "../../../src/bounds/moe/popularity.ts";
import { missProbabilities } from "../../../src/bounds/moe/successive-sampling.ts";
import { randomStreams } from "../../../src/core/random.ts";
import { binomialDraws } from "../../../src/serving/experts/binomial.ts";
import { distinctDraws, expertByExpert, tokenByToken } from "../../../src/serving/experts/layer-draws.ts";
import { layerPlacements } from "../../../src/serving/experts/layer-placements.ts";
import { pickDraws } from "../../../src/serving/experts/pick-draws.ts";
import { rankLoads } from "../../../src/serving/experts/rank-loads.ts";
import { sampledExpertsPerRank } from "../../../src/serving/experts/sampled-per-rank.ts";
import { distinctChances, setChances } from "../../bounds/moe/enumeration.ts";
import { chiSquare, halfWidth999, momentErrors } from "./judgement.ts";

// One seed for the whole file; every random check is at 99.9 % for itself.
const streams = randomStreams("ranks");
const zipf = (exponent: number) => ({ kind: "zipf", exponent }) as const;

function inclusionOf(popularity: Popularity, experts: number, active: number): Float64Array {
  return missProbabilities(pickProbabilities(popularity, experts, active), active).map((miss) => 1 - miss);
}

describe("draws of a layer", () => {
  test.each([
    [20, 0.3],
    [300, 0.002],
    [500, 0.4],
    [40, 0.9],
  ])("binomial of %i trials, chance %f: by chi-square", (trials, chance) => {
    const draw = binomialDraws(streams(`binomial/${trials}`));
    const observed = new Array<number>(trials + 1).fill(0);
    for (let i = 0; i < 20_000; i++) observed[draw(trials, chance)]!++;
    let chances = [1];
    for (let n = 0; n < trials; n++) {
      chances = Array.from(
        { length: n + 2 },
        (_, m) => (chances[m] ?? 0) * (1 - chance) + (chances[m - 1] ?? 0) * chance,
      );
    }
    const { statistic, limit } = chiSquare(observed, chances);
    expect(statistic).toBeLessThan(limit);
  });

  test("picks come in proportion to weights, and never of weight zero", () => {
    const picks = pickProbabilities({ kind: "weights", weights: [5, 0, 1, 3, 0.2] }, 5, 2);
    const pick = pickDraws(picks, streams("picks"));
    const observed = new Array<number>(5).fill(0);
    for (let i = 0; i < 50_000; i++) observed[pick()]!++;
    expect(observed[1]).toBe(0);
    const used = [0, 2, 3, 4];
    const { statistic, limit } = chiSquare(
      used.map((i) => observed[i]!),
      used.map((i) => picks[i]!),
    );
    expect(statistic).toBeLessThan(limit);
  });

  test("a token's set follows successive sampling, counted case by case", () => {
    const picks = pickProbabilities(zipf(1.2), 5, 3);
    const sets = [...setChances(picks, 3)];
    const draw = distinctDraws(picks, 3, streams("sets"));
    const seen = new Map<number, number>();
    const into = new Int32Array(3);
    for (let i = 0; i < 50_000; i++) {
      draw(into, 0);
      const set = into.reduce((mask, expert) => mask | (1 << expert), 0);
      seen.set(set, (seen.get(set) ?? 0) + 1);
    }
    const { statistic, limit } = chiSquare(
      sets.map(([set]) => seen.get(set) ?? 0),
      sets.map(([, chance]) => chance),
    );
    expect(statistic).toBeLessThan(limit);
  });

  test("expert by expert, uniform choice: distinct experts follow the exact law, every token is served k times", () => {
    const [experts, active, tokens] = [6, 2, 3];
    const draws = expertByExpert(uniformExpertByExpert(experts, active), streams("turns"));
    const observed = new Array<number>(experts + 1).fill(0);
    const counts = new Int32Array(experts);
    for (let i = 0; i < 50_000; i++) {
      counts.fill(0);
      draws(tokens, counts);
      expect(counts.reduce((sum, n) => sum + n, 0)).toBe(tokens * active);
      observed[counts.filter((n) => n > 0).length]!++;
    }
    const { statistic, limit } = chiSquare(
      observed,
      distinctChances(setChances(new Array(experts).fill(1), active), tokens, experts),
    );
    expect(statistic).toBeLessThan(limit);
  });

  test("expert by expert, popular choice: each expert's count is binomial with its own inclusion probability", () => {
    const inclusion = inclusionOf(zipf(1), 8, 2);
    const draws = expertByExpert(conditionalPoisson(inclusion, 2), streams("popular turns"));
    const [tokens, rounds] = [500, 400];
    const counts = new Int32Array(8);
    for (let i = 0; i < rounds; i++) draws(tokens, counts);
    for (const [expert, p] of inclusion.entries()) {
      const errors = (counts[expert]! - tokens * rounds * p) / Math.sqrt(tokens * rounds * p * (1 - p));
      expect(Math.abs(errors)).toBeLessThan(halfWidth999);
    }
  });

  test("both ways serve ranks alike: busiest rank of many tokens, within both intervals", () => {
    const popularity = zipf(0.6);
    const [experts, active, tokens] = [64, 4, 400];
    const inclusion = inclusionOf(popularity, experts, active);
    const spread = rankLoads(balancedPlacement(inclusion, 8), streams("unused"));
    const ways = [
      tokenByToken(pickProbabilities(popularity, experts, active), active, streams("by token")),
      expertByExpert(conditionalPoisson(inclusion, active), streams("by expert")),
    ];
    const [byToken, byExpert] = ways.map((draws) => {
      const rounds = 400;
      const values = Array.from({ length: rounds }, () => {
        const counts = new Int32Array(experts);
        draws(tokens, counts);
        return spread(counts).busiestAssignments;
      });
      const mean = values.reduce((a, b) => a + b, 0) / rounds;
      return { mean, square: values.reduce((a, b) => a + (b - mean) ** 2, 0) / (rounds - 1) / rounds };
    });
    expect(Math.abs(byToken!.mean - byExpert!.mean)).toBeLessThan(
      halfWidth999 * Math.sqrt(byToken!.square + byExpert!.square),
    );
  });
});

describe("ranks", () => {
  test("one holder serves all of an expert's tokens; replicas share them, a few tokens touching a few", () => {
    const placement = { ranks: 3, holders: [[0], [0, 1, 2], [2]] };
    const spread = rankLoads(placement, streams("deal"));
    const many = spread(Int32Array.of(4, 7, 1));
    expect(many.assignments.reduce((a, b) => a + b, 0)).toBe(12);
    expect([...many.reads]).toEqual([2, 1, 2]);
    expect(many.busiestReads).toBe(2);
    const few = spread(Int32Array.of(0, 2, 0));
    expect(few.reads.reduce((a, b) => a + b, 0)).toBe(2);
    expect(few.busiestAssignments).toBe(1);
  });

  test("distinct experts over all ranks follow the exact law, token by token: moments", () => {
    const layer = occupancy({ experts: 32, active: 4 });
    const sampler = sampledExpertsPerRank({
      routing: layer.routing,
      popularity: { kind: "uniform" },
      placements: [contiguousPlacement(32, 4)],
      random: streams("distinct"),
    });
    const draws = Float64Array.from({ length: 20_000 }, () => {
      return sampler.sample(8, 8).touchedTotal;
    });
    const { mean, variance } = momentErrors(draws, layer.law(8));
    expect(Math.abs(mean)).toBeLessThan(halfWidth999);
    expect(Math.abs(variance)).toBeLessThan(halfWidth999);
  });

  test.each([
    [256, 8, 8, 32, 0],
    [256, 8, 8, 32, 0.6],
    [128, 8, 8, 8, 1],
    [128, 4, 4, 600, 0.6],
  ])(
    "E=%i, k=%i, %i ranks, T=%i, Zipf %f: the busiest rank's mean is the numerical one",
    (experts, active, ranks, tokens, exponent) => {
      const popularity = zipf(exponent);
      const inclusion = inclusionOf(popularity, experts, active);
      const placement = contiguousPlacement(experts, ranks);
      const sampler = sampledExpertsPerRank({
        routing: { experts, active },
        popularity,
        placements: [placement],
        random: streams(`busiest/${experts}/${exponent}`),
      });
      const rounds = tokens > 100 ? 500 : 4000;
      const [reads, assignments] = [new Float64Array(rounds), new Float64Array(rounds)];
      for (let i = 0; i < rounds; i++) {
        const loads = sampler.sample(tokens, tokens);
        reads[i] = loads.distinct[0]!;
        assignments[i] = loads.assignments[0]!;
      }
      // What the numerical mean itself may be off: see docs/moe.md.
      const near = (values: Float64Array, truth: number) => {
        const mean = values.reduce((a, b) => a + b, 0) / rounds;
        const deviation = Math.sqrt(values.reduce((a, b) => a + (b - mean) ** 2, 0) / (rounds - 1));
        expect(Math.abs(mean - truth)).toBeLessThan((halfWidth999 * deviation) / Math.sqrt(rounds) + 0.003 * truth);
      };
      near(
        reads,
        busiestReads(placement, inclusion, tokens, occupancy({ experts, active }, popularity).law(tokens)).expected,
      );
      near(assignments, busiestAssignments(placement, inclusion, tokens).expected);
    },
  );

  test("where hot experts sit together the busiest rank takes three times its share; balanced it does not", () => {
    const inclusion = inclusionOf(zipf(0.6), 256, 8);
    const options = { ranks: 8, layers: 12, inclusion, random: streams("placements") };
    const contiguous = layerPlacements({ kind: "contiguous", permuted: false, ...options });
    const scattered = layerPlacements({ kind: "random", permuted: false, ...options });
    const balanced = layerPlacements({ kind: "balanced", permuted: true, spareSlots: 16, ...options });
    const worst = (placements: typeof contiguous) =>
      placements.reduce((sum, placement) => sum + Math.max(...rankShares(placement, inclusion)), 0) / placements.length;
    expect(worst(contiguous)).toBeCloseTo(0.373, 3);
    expect(worst(scattered)).toBeLessThan(0.25);
    expect(worst(scattered)).toBeGreaterThan(0.13);
    expect(worst(balanced)).toBeLessThan(0.126);
    for (const { holders } of scattered) expect(holders.every((held) => held.length === 1)).toBe(true);
  });

  test("sequences that keep their experts serve them again in the next step and in the next token", () => {
    const options = {
      routing: { experts: 64, active: 4 },
      popularity: { kind: "uniform" } as const,
      placements: [contiguousPlacement(64, 4)],
      persistence: 1,
    };
    const steady = sampledExpertsPerRank({ ...options, random: streams("steady") });
    const before = structuredClone(steady.sample(6, 6));
    expect(steady.sample(6, 6)).toEqual(before);
    const chunk = sampledExpertsPerRank({ ...options, random: streams("chunk") });
    expect(chunk.sample(100, 1).touchedTotal).toBe(4);
  });
});
