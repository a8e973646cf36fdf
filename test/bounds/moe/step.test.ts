import { describe, expect, test } from "vitest";
import { findAccelerator } from "../../../src/bounds/accelerators.ts";
import { architectures, findArchitecture } from "../../../src/bounds/architectures.ts";
import { collectivesOf } from "../../../src/bounds/collectives/collective-models.ts";
import type { Layout } from "../../../src/bounds/layout.ts";
import { matrixShards } from "../../../src/bounds/layout.ts";
import { allToAll, dispatchAndCombine } from "../../../src/bounds/moe/all-to-all.ts";
import { routingOf } from "../../../src/bounds/moe/moe-architecture.ts";
import { publishedShare, uniformOccupancy } from "../../../src/bounds/moe/occupancy.ts";
import { contiguousPlacement } from "../../../src/bounds/moe/placement.ts";
import { type ExpertLoads, moeStepCost, moeWork } from "../../../src/bounds/moe/step-cost.ts";
import { stepMoments } from "../../../src/bounds/moe/step-moments.ts";
import { moeColumns, moeTable } from "../../../src/bounds/moe/table.ts";
import { stepTimeModel } from "../../../src/bounds/step-time.ts";

const h100 = findAccelerator("h100");

function evenLoads(layers: number, distinct: number, assignments: number): ExpertLoads {
  return {
    distinct: new Array<number>(layers).fill(distinct),
    assignments: new Array<number>(layers).fill(assignments),
    distinctTotal: layers * distinct,
    assignmentsTotal: layers * assignments,
  };
}

describe("the cost of a step", () => {
  test("published expert share in, published compute and memory out", () => {
    for (const name of ["mixtral-8x7b", "mixtral-8x22b", "gpt-4-speculative"]) {
      const architecture = findArchitecture(name);
      for (const layout of [
        { tensorParallel: "1d", tensorRanks: 8, pipelineStages: 1 },
        { tensorParallel: "2d", tensorRanks: 16, pipelineStages: 1 },
      ] satisfies Layout[]) {
        const published = stepTimeModel(architecture, h100, layout);
        for (const tokens of [1, 7, 64, 900]) {
          const shape = {
            tokens,
            attentionPairs: 500 * tokens,
            kvTokensRead: 400 * tokens,
            sequences: tokens,
            outputs: tokens,
          };
          const cost = moeStepCost(architecture, h100, layout.tensorRanks, matrixShards(layout), "tensor", tokens);
          const distinct = architecture.experts * publishedShare(routingOf(architecture), tokens);
          const loads = evenLoads(architecture.layers, distinct, tokens * architecture.activeExperts);
          const work = moeWork(cost, loads, shape.attentionPairs, shape.kvTokensRead, "totals");
          const time = published.time(shape);
          expect(work.memorySeconds / time.memorySeconds).toBeCloseTo(1, 12);
          expect(work.computeSeconds / time.computeSeconds).toBeCloseTo(1, 12);
        }
      }
    }
  });

  test("layers alike in all make no difference between totals and layers; uneven ones do", () => {
    const architecture = findArchitecture("deepseek-v3");
    const cost = moeStepCost(architecture, h100, 16, { first: 16, second: 1 }, "tensor", 64);
    const even = evenLoads(58, 200, 512);
    const work = moeWork(cost, even, 0, 0, "per-layer");
    const dense = (3 * Math.max(cost.computeSeconds, cost.memorySeconds)) / 61;
    const alike =
      58 *
      Math.max(
        cost.computeSeconds / 61 + cost.computeSecondsPerAssignment * 512,
        cost.memorySeconds / 61 + cost.memorySecondsPerExpert * 200,
      );
    expect(work.workSeconds).toBeCloseTo(dense + alike, 12);
    expect(work.workSeconds).toBeGreaterThanOrEqual(moeWork(cost, even, 0, 0, "totals").workSeconds * (1 - 1e-12));
  });

  test("expert parallel: the busiest rank's load divided evenly costs what tensor parallel does", () => {
    const architecture = findArchitecture("qwen3-235b-a22b");
    const [ranks, tokens] = [8, 4096];
    const shards = { first: ranks, second: 1 };
    const tensor = moeStepCost(architecture, h100, ranks, shards, "tensor", tokens);
    const expert = moeStepCost(architecture, h100, ranks, shards, "expert", tokens);
    expect(expert.computeSecondsPerAssignment / ranks).toBeCloseTo(tensor.computeSecondsPerAssignment, 15);
    // Only weights: a rank that holds whole experts does not split activations further.
    expect(expert.memorySecondsPerExpert / ranks).toBeLessThan(tensor.memorySecondsPerExpert);
  });
});

describe("the step of one sequence, by hand", () => {
  // Bytes of active weights and one embedding: experts, attention, embedding; 16 bits but for the experts of gpt-oss (4.25).
  test.each([
    ["mixtral-8x22b", 56 * (2 * 3 * 6144 * 16384 + 2 * 6144 * 6144 + 2 * 6144 * 1024) * 2 + 32000 * 6144 * 2],
    ["qwen3-30b-a3b", 48 * (8 * 3 * 2048 * 768 + 2 * 2048 * 4096 + 2 * 2048 * 512) * 2 + 151936 * 2048 * 2],
    ["qwen3-235b-a22b", 94 * (8 * 3 * 4096 * 1536 + 2 * 4096 * 8192 + 2 * 4096 * 512) * 2 + 151936 * 4096 * 2],
    [
      "gpt-oss-120b",
      (36 * 4 * 3 * 2880 * 2880 * 4.25) / 8 + 36 * (2 * 2880 * 4096 + 2 * 2880 * 512) * 2 + 201088 * 2880 * 2,
    ],
  ])("%s reads %f bytes and hardly more: activations", (name, bytes) => {
    const [row] = moeTable({
      architecture: findArchitecture(name),
      accelerator: h100,
      layout: { tensorParallel: "1d", tensorRanks: 8, pipelineStages: 1 },
      batches: [1],
      contextTokens: 0,
      popularity: { kind: "uniform" },
      placement: contiguousPlacement(findArchitecture(name).experts, 8),
    });
    const seconds = bytes / (8 * h100.hbmBytesPerSecond);
    expect(row!.memorySeconds).toBeGreaterThan(seconds);
    expect(row!.memorySeconds).toBeLessThan(1.01 * seconds);
  });
});

describe("step moments", () => {
  const layer = uniformOccupancy({ experts: 256, active: 8 });
  const knee = (tokens: number) => ({
    layers: 58,
    computeSeconds: layer.mean(tokens),
    memorySeconds: 0,
    memorySecondsPerExpert: 1,
    otherComputeSeconds: 0,
    otherMemorySeconds: 0,
  });

  test("Jensen excess at the knee, E=256, k=8, T=32: 1.2 % per layer, 0.16 % on totals of 58 layers", () => {
    expect(stepMoments(layer.law(32), knee(32), "per-layer").jensenExcess).toBeCloseTo(0.0121, 4);
    expect(stepMoments(layer.law(32), knee(32), "totals").jensenExcess).toBeCloseTo(0.00159, 5);
    // At the knee a normal law gives deviation/(mean·sqrt(2π)); layers together reduce it by sqrt(58).
    const normal = Math.sqrt(layer.variance(32) / (2 * Math.PI)) / layer.mean(32);
    expect(stepMoments(layer.law(32), knee(32), "per-layer").jensenExcess / normal).toBeCloseTo(1, 2);
    expect((stepMoments(layer.law(32), knee(32), "totals").jensenExcess * Math.sqrt(58)) / normal).toBeCloseTo(1, 2);
  });

  test("far from the knee there is none, and memory's deviation passes to the step or not at all", () => {
    const memoryBound = { ...knee(32), computeSeconds: 0 };
    const computeBound = { ...knee(32), computeSeconds: 1000 };
    for (const over of ["totals", "per-layer"] as const) {
      const memory = stepMoments(layer.law(32), memoryBound, over);
      expect(memory.jensenExcess).toBeLessThan(1e-12);
      expect(memory.varianceSeconds / (58 * layer.variance(32))).toBeCloseTo(1, 9);
      const compute = stepMoments(layer.law(32), computeBound, over);
      expect(compute.meanSeconds).toBeCloseTo(58_000, 6);
      expect(compute.varianceSeconds).toBeLessThan(1e-12);
    }
  });
});

describe("dispatch and combine", () => {
  const collectives = collectivesOf(h100);

  test("one rank has nothing to send; bytes grow the time", () => {
    expect(allToAll(collectives, 1, 1, 1e9)).toEqual({ latencySeconds: 0, bandwidthSeconds: 0 });
    const seconds = (bytes: number) => {
      const { latencySeconds, bandwidthSeconds } = allToAll(collectives, 16, 2, bytes);
      return latencySeconds + bandwidthSeconds;
    };
    expect(seconds(1e8)).toBeGreaterThan(seconds(1e6));
  });

  test("large exchanges go at link speed: (g-1)/g of a node's part within, (n-1)/n of all between", () => {
    const bytes = 1e12;
    const { bandwidthSeconds } = allToAll(collectives, 16, 2, bytes);
    const within = ((7 / 8) * (bytes / 2)) / h100.intranodeBytesPerSecond!;
    const between = ((1 / 2) * bytes) / h100.internodeBytesPerSecond;
    // All-reduce figures of links move each byte twice, which one pass does not.
    expect(bandwidthSeconds / ((within + between) / 2)).toBeCloseTo(1, 10);
  });

  test("each way carries its own bytes for each assignment", () => {
    const tokenBytes = { dispatchBytes: 7168, combineBytes: 14336 };
    const both = dispatchAndCombine(collectives, 8, 1, 1e6, tokenBytes);
    const out = allToAll(collectives, 8, 1, 1e6 * 7168);
    const back = allToAll(collectives, 8, 1, 1e6 * 14336);
    expect(both.bandwidthSeconds).toBeCloseTo(out.bandwidthSeconds + back.bandwidthSeconds, 12);
  });
});

describe("the printed table", () => {
  const table = (popularity: Parameters<typeof moeTable>[0]["popularity"]) =>
    moeTable({
      architecture: findArchitecture("deepseek-v3"),
      accelerator: h100,
      layout: { tensorParallel: "1d", tensorRanks: 16, pipelineStages: 1 },
      batches: [1, 32, 512],
      contextTokens: 1000,
      popularity,
      placement: contiguousPlacement(256, 8),
    });

  test("every column is a finite figure, for every model", () => {
    for (const architecture of Object.values(architectures).filter(({ experts }) => experts > 1)) {
      const rows = moeTable({
        architecture,
        accelerator: h100,
        layout: { tensorParallel: "1d", tensorRanks: 8, pipelineStages: 1 },
        batches: [1, 100],
        contextTokens: 100,
        popularity: { kind: "uniform" },
        placement: contiguousPlacement(architecture.experts, 4),
      });
      for (const row of rows) for (const { key } of moeColumns) expect(Number.isFinite(row[key])).toBe(true);
      const { active } = routingOf(architecture);
      expect(rows[0]!.distinctMean).toBeCloseTo(active, 12);
      expect([rows[0]!.distinctVariance, rows[0]!.kneeExcessPerLayer]).toEqual([0, expect.closeTo(0, 12)]);
    }
  });

  test("the excess at the knee is that of expert reads, diluted by all that every step reads; less on totals", () => {
    const [, row] = table({ kind: "uniform" });
    expect(row!.publishedDistinct).toBeCloseTo(row!.distinctMean, 10);
    expect(row!.distinctDeviation ** 2).toBeCloseTo(row!.distinctVariance, 10);
    expect(row!.kneeExcessPerLayer).toBeLessThan(0.0121);
    expect(row!.kneeExcessPerLayer).toBeGreaterThan(0.009);
    expect(row!.kneeExcessOnTotals).toBeLessThan(row!.kneeExcessPerLayer / 5);
    expect(row!.kneeExcessOnTotals).toBeGreaterThan(row!.kneeExcessPerLayer / 10);
  });

  test("uniform theory: too pessimistic for tensor parallel, too optimistic for expert parallel", () => {
    const [, uniform] = table({ kind: "uniform" });
    const [, skewed] = table({ kind: "zipf", exponent: 0.6 });
    expect(skewed!.popularityEffect).toBeCloseTo(-0.1357, 4);
    expect(skewed!.memorySeconds).toBeLessThan(uniform!.memorySeconds);
    expect(skewed!.busiestReads).toBeGreaterThan(uniform!.busiestReads);
    expect(skewed!.busiestAssignmentsOverEven).toBeGreaterThan(2 * uniform!.busiestAssignmentsOverEven);
    expect(skewed!.allToAllSeconds).toBeGreaterThan(uniform!.allToAllSeconds);
  });
});
