import { describe, expect, test } from "vitest";
import { findAccelerator } from "../../../src/bounds/accelerators.ts";
import { findArchitecture } from "../../../src/bounds/architectures.ts";
import { matrixShards } from "../../../src/bounds/layout.ts";
import { lawMean, lawVariance, repeated } from "../../../src/bounds/moe/integer-law.ts";
import { publishedShare } from "../../../src/bounds/moe/occupancy.ts";
import { occupancy } from "../../../src/bounds/moe/popular-occupancy.ts";
import { moeStepCost, moeWork } from "../../../src/bounds/moe/step-cost.ts";
import { type MaximumOver, stepMoments } from "../../../src/bounds/moe/step-moments.ts";
import { stepTimeModel } from "../../../src/bounds/step-time.ts";
import { boundedTables } from "../../../src/core/bounded-tables.ts";
import { UserError } from "../../../src/core/errors.ts";
import { normalCdf } from "../../../src/core/normal.ts";
import { randomStreams } from "../../../src/core/random.ts";
import { expectedExperts } from "../../../src/serving/experts/expected.ts";
import type { ExpertSampler } from "../../../src/serving/experts/expert-sampler.ts";
import { inverseTable, normalInverseTable } from "../../../src/serving/experts/inverse-table.ts";
import { sampledExperts } from "../../../src/serving/experts/sampled.ts";
import { expectCovered } from "../../theory/confidence.ts";
import { chiSquare, halfWidth999, momentErrors } from "./judgement.ts";

// One seed for the whole file; every random check is at 99.9 % for itself.
const streams = randomStreams("experts");
const overs: readonly MaximumOver[] = ["totals", "per-layer"];

function totals(sampler: ExpertSampler, tokens: number, draws: number): Float64Array {
  return Float64Array.from({ length: draws }, () => sampler.sample(tokens, tokens).distinctTotal);
}

describe("sampled distinct experts", () => {
  test("moments over a grid of E, k, T and both ways to take the maximum: 48 checks", () => {
    for (const [experts, active] of [
      [8, 2],
      [128, 4],
      [128, 8],
      [256, 8],
    ] as const) {
      const layer = occupancy({ experts, active });
      for (const tokens of [2, 8, 32]) {
        for (const over of overs) {
          const sampler = sampledExperts({
            occupancy: layer,
            layers: 5,
            over,
            random: streams(`${experts}/${active}/${tokens}/${over}`),
          });
          const { mean, variance } = momentErrors(totals(sampler, tokens, 20_000), repeated(layer.law(tokens), 5));
          expect(Math.abs(mean)).toBeLessThan(halfWidth999);
          expect(Math.abs(variance)).toBeLessThan(halfWidth999);
        }
      }
    }
  });

  test.each([
    [8, 2, 5, 0],
    [6, 3, 2, 0],
    [16, 2, 6, 0],
    [8, 2, 5, 1],
    [64, 8, 12, 0.6],
  ])("E=%i, k=%i, T=%i, Zipf %f: the whole distribution by chi-square", (experts, active, tokens, exponent) => {
    const layer = occupancy({ experts, active }, { kind: "zipf", exponent });
    const sampler = sampledExperts({
      occupancy: layer,
      layers: 1,
      over: "per-layer",
      random: streams(`chi/${experts}/${tokens}/${exponent}`),
    });
    const observed = new Array<number>(experts + 1).fill(0);
    for (let i = 0; i < 50_000; i++) observed[sampler.sample(tokens, tokens).distinct[0]!]!++;
    // Under popularity this is the matched law, which test/bounds/moe/popularity.test.ts judges by itself.
    const { first, probabilities } = layer.law(tokens);
    const { statistic, limit } = chiSquare(
      observed,
      observed.map((_, d) => probabilities[d - first] ?? 0),
    );
    expect(statistic).toBeLessThan(limit);
  });

  test("k = E has no variance and one token touches exactly k", () => {
    for (const over of overs) {
      const whole = sampledExperts({
        occupancy: occupancy({ experts: 8, active: 8 }),
        layers: 4,
        over,
        random: streams("all"),
      });
      const one = sampledExperts({
        occupancy: occupancy({ experts: 256, active: 8 }),
        layers: 4,
        over,
        random: streams("one"),
      });
      for (let i = 0; i < 100; i++) {
        expect(whole.sample(1 + i, 1 + i).distinctTotal).toBe(32);
        expect(one.sample(1, 1).distinctTotal).toBe(32);
        expect(one.sample(1, 1).assignmentsTotal).toBe(32);
      }
    }
  });

  test("mean step time agrees with its closed form at the knee and away from it: 6 checks", () => {
    const layer = occupancy({ experts: 256, active: 8 });
    const tokens = 32;
    for (const over of overs) {
      const sampler = sampledExperts({ occupancy: layer, layers: 58, over, random: streams(`knee/${over}`) });
      for (const kneeFactor of [0.9, 1, 1.1]) {
        const cost = {
          expertLayers: 58,
          otherLayers: 0,
          computeSeconds: 58 * kneeFactor * layer.mean(tokens),
          computeSecondsPerPair: 0,
          computeSecondsPerAssignment: 0,
          memorySeconds: 0,
          memorySecondsPerKvToken: 0,
          memorySecondsPerExpert: 1,
        };
        const exact = stepMoments(
          layer.law(tokens),
          {
            layers: 58,
            computeSeconds: kneeFactor * layer.mean(tokens),
            memorySeconds: 0,
            memorySecondsPerExpert: 1,
            otherComputeSeconds: 0,
            otherMemorySeconds: 0,
          },
          over,
        );
        const draws = 4000;
        let sum = 0;
        for (let i = 0; i < draws; i++) sum += moeWork(cost, sampler.sample(tokens, tokens), 0, 0, over).workSeconds;
        const error = Math.abs(sum / draws - exact.meanSeconds);
        expect(error).toBeLessThanOrEqual(
          halfWidth999 * Math.sqrt(exact.varianceSeconds / draws) + 1e-9 * exact.meanSeconds,
        );
        if (kneeFactor === 1) expect(sum / draws).toBeGreaterThan(exact.atMeanSeconds);
      }
    }
  });

  test("tables are inverse distribution functions and stay within their bound", () => {
    const law = occupancy({ experts: 16, active: 2 }).law(6);
    const table = inverseTable(law);
    let below = 0;
    for (let i = 0; i < law.probabilities.length; i++) {
      const middle = below + law.probabilities[i]! / 2;
      if (law.probabilities[i]! > 1e-12) expect(table.valueAt(middle)).toBe(law.first + i);
      below += law.probabilities[i]!;
    }
    expect(table.valueAt(0)).toBe(law.first);
    expect(table.valueAt(1 - 2 ** -53)).toBeLessThan(law.first + law.probabilities.length);
    const byNormal = normalInverseTable(law);
    for (let x = -9; x < 9; x += 0.01)
      expect(byNormal.valueAt(x)).toBe(table.valueAt(Math.min(normalCdf(x), 1 - 2 ** -53)));
    let built = 0;
    const tables = boundedTables((tokens) => {
      built++;
      return { tokens, bytes: 100 };
    }, 350);
    for (const tokens of [1, 2, 3, 1, 1, 4, 1, 3, 2]) expect(tables(tokens).tokens).toBe(tokens);
    // Room for three: the fourth drives out 2, the longest unused, which is then built again.
    expect(built).toBe(5);
  });
});

describe("consecutive tokens that keep their experts", () => {
  const layer = occupancy({ experts: 64, active: 4 });

  test.each([
    [64, 4, 12, 0.7, 6],
    [8, 2, 2, 0.5, 1],
    [256, 8, 2, 0.9, 3],
  ])(
    "E=%i, k=%i, %i sequences, persistence %f, %i layers: leave each step's law as it was and correlate steps as the closed form says",
    (experts, active, tokens, persistence, layers) => {
      const layer = occupancy({ experts, active });
      const exact = repeated(layer.law(tokens), layers);
      const [runs, length] = [40, 1000];
      for (const over of overs) {
        const correlations: number[] = [];
        const means: number[] = [];
        const squares: number[] = [];
        for (let run = 0; run < runs; run++) {
          const random = streams(`keep/${experts}/${over}/${run}`);
          const sampler = sampledExperts({ occupancy: layer, layers, over, persistence, random });
          const series = totals(sampler, tokens, length).map((x) => x - lawMean(exact));
          let [square, product, sum] = [0, 0, 0];
          for (let i = 0; i + 1 < length; i++) {
            sum += series[i]!;
            square += series[i]! ** 2;
            product += series[i]! * series[i + 1]!;
          }
          means.push(sum / (length - 1));
          squares.push(square / (length - 1));
          correlations.push(product / (length - 1) / lawVariance(exact));
        }
        // 99.9 % intervals of 40 runs each.
        expectCovered(means, 0, 0.999);
        expectCovered(squares, lawVariance(exact), 0.999);
        expectCovered(correlations, layer.correlation(tokens, persistence), 0.999);
      }
    },
  );

  test("remember their own microbatch, whichever takes its step in between", () => {
    const options = { occupancy: layer, layers: 6, over: "per-layer", persistence: 1 } as const;
    const sampler = sampledExperts({ ...options, random: streams("microbatches") });
    const [first, second] = [0, 1].map((microbatch) => structuredClone(sampler.sample(12, 12, microbatch).distinct));
    expect(first).not.toEqual(second);
    for (const [microbatch, before] of [first, second, first, second].entries()) {
      expect(sampler.sample(12, 12, microbatch % 2).distinct).toEqual(before);
    }
  });

  test("keep them with a chance, which is a number from 0 to 1", () => {
    const options = { occupancy: layer, layers: 1, over: "totals", random: streams("refused") } as const;
    for (const persistence of [-0.1, 1.1, Number.NaN]) {
      expect(() => sampledExperts({ ...options, persistence })).toThrow(UserError);
    }
  });

  test("make tokens of one sequence in one step share draws", () => {
    const sampler = sampledExperts({
      occupancy: layer,
      layers: 1,
      over: "per-layer",
      persistence: 1,
      random: streams("share"),
    });
    for (let i = 0; i < 50; i++) expect(sampler.sample(40, 1).distinctTotal).toBe(4);
    expect(sampler.sample(40, 1).assignmentsTotal).toBe(160);
  });
});

describe("expected experts", () => {
  test("are the published share, and their step the published step", () => {
    const h100 = findAccelerator("h100");
    for (const name of ["mixtral-8x22b", "gpt-4-speculative"]) {
      const model = findArchitecture(name);
      const layout = { tensorParallel: "1d", tensorRanks: 8, pipelineStages: 1 } as const;
      const sampler = expectedExperts({ experts: model.experts, active: model.activeExperts }, model.layers);
      for (const tokens of [1, 3, 40, 5]) {
        const loads = sampler.sample(tokens, tokens);
        expect(loads.distinct[0]).toBe(
          model.experts * publishedShare({ experts: model.experts, active: model.activeExperts }, tokens),
        );
        const cost = moeStepCost(model, h100, 8, matrixShards(layout), "tensor", tokens);
        const published = stepTimeModel(model, h100, layout).tokenCost(tokens).memorySeconds;
        expect(moeWork(cost, loads, 0, 0, "totals").memorySeconds / published).toBeCloseTo(1, 12);
      }
    }
  });
});
