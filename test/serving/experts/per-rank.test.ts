import { describe, expect, test } from "vitest";
import { busiestAssignments, busiestReads } from "../../../src/bounds/moe/busiest-rank.ts";
import { contiguousPlacement, rankShares } from "../../../src/bounds/moe/placement.ts";
import { occupancy } from "../../../src/bounds/moe/popular-occupancy.ts";
import { type Popularity, pickProbabilities } from "../../../src/bounds/moe/popularity.ts";
import { missProbabilities } from "../../../src/bounds/moe/successive-sampling.ts";
import { randomStreams } from "../../../src/core/random.ts";
import { layerPlacements } from "../../../src/serving/experts/layer-placements.ts";
import { rankLoads } from "../../../src/serving/experts/rank-loads.ts";
import { sampledExpertsPerRank } from "../../../src/serving/experts/sampled-per-rank.ts";
import { halfWidth999, momentErrors } from "./judgement.ts";

// One seed for the whole file; every random check is at 99.9 % for itself.
const streams = randomStreams("ranks");
const zipf = (exponent: number) => ({ kind: "zipf", exponent }) as const;

function inclusionOf(popularity: Popularity, experts: number, active: number): Float64Array {
  return missProbabilities(pickProbabilities(popularity, experts, active), active).map((miss) => 1 - miss);
}

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
    // Layers with hot experts of their own have them anywhere in a contiguous placement.
    const permuted = layerPlacements({ kind: "contiguous", permuted: true, ...options });
    expect(new Set(permuted.map(({ holders }) => JSON.stringify(holders))).size).toBe(12);
    expect(worst(permuted)).toBeLessThan(0.25);
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
    const other = structuredClone(steady.sample(6, 6, 1));
    expect(other).not.toEqual(before);
    expect(steady.sample(6, 6)).toEqual(before);
    expect(steady.sample(6, 6, 1)).toEqual(other);
    const chunk = sampledExpertsPerRank({ ...options, random: streams("chunk") });
    expect(chunk.sample(100, 1).touchedTotal).toBe(4);
  });
});
