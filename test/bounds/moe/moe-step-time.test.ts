import { describe, expect, test } from "vitest";
import { findAccelerator } from "../../../src/bounds/accelerators.ts";
import { findArchitecture } from "../../../src/bounds/architectures.ts";
import type { Layout } from "../../../src/bounds/layout.ts";
import { routingOf } from "../../../src/bounds/moe/moe-architecture.ts";
import { moeStepTimeModel } from "../../../src/bounds/moe/moe-step-time.ts";
import { publishedShare } from "../../../src/bounds/moe/occupancy.ts";
import type { ExpertLoads } from "../../../src/bounds/moe/step-cost.ts";
import { type StepTime, stepTimeModel } from "../../../src/bounds/step-time.ts";
import { UserError } from "../../../src/core/errors.ts";

const h100 = findAccelerator("h100");
const shapeOf = (tokens: number) => ({
  tokens,
  attentionPairs: 700 * tokens,
  kvTokensRead: 600 * tokens,
  sequences: tokens,
  outputs: tokens,
});

function alike(layers: number, distinct: number, assignments: number): ExpertLoads {
  return {
    distinct: new Array<number>(layers).fill(distinct),
    assignments: new Array<number>(layers).fill(assignments),
    distinctTotal: layers * distinct,
    assignmentsTotal: layers * assignments,
  };
}

describe("step time of a mixture of experts", () => {
  test("published loads give the published step, every part of it", () => {
    const layouts: Layout[] = [
      { tensorParallel: "1d", tensorRanks: 8, pipelineStages: 1 },
      { tensorParallel: "2d", tensorRanks: 16, pipelineStages: 4 },
    ];
    for (const name of ["mixtral-8x7b", "mixtral-8x22b", "gpt-4-speculative"]) {
      const model = findArchitecture(name);
      for (const layout of layouts) {
        const published = stepTimeModel(model, h100, layout);
        const drawn = moeStepTimeModel(model, h100, layout, { parallel: "tensor", over: "totals" });
        for (const tokens of [1, 33, 500, 500, 4096]) {
          const distinct = model.experts * publishedShare(routingOf(model), tokens);
          const time = drawn.time(shapeOf(tokens), alike(model.layers, distinct, tokens * model.activeExperts));
          const reference = published.time(shapeOf(tokens));
          for (const part of Object.keys(reference) as Exclude<keyof StepTime, "experts">[]) {
            expect(Math.abs(time[part] - reference[part])).toBeLessThanOrEqual(1e-12 * reference[part]);
          }
        }
      }
    }
  });

  test("parts add up to the trip, whichever way experts lie", () => {
    const model = findArchitecture("deepseek-v3");
    for (const parallel of ["tensor", "expert"] as const) {
      const layout = { tensorParallel: "1d", tensorRanks: 16, pipelineStages: 2 } as const;
      const time = moeStepTimeModel(model, h100, layout, { parallel, over: "totals" }).time(
        shapeOf(64),
        alike(58, 20, 40),
      );
      const parts =
        time.launchSeconds +
        time.networkLatencySeconds +
        time.networkBandwidthSeconds +
        Math.max(time.computeSeconds, time.memorySeconds);
      expect(parts / time.tripSeconds).toBeCloseTo(1, 12);
    }
  });

  test("the busier the busiest rank, the longer the step and the exchange", () => {
    const model = findArchitecture("qwen3-235b-a22b");
    const layout = { tensorParallel: "1d", tensorRanks: 8, pipelineStages: 1 } as const;
    const time = moeStepTimeModel(model, h100, layout, { parallel: "expert", over: "per-layer" });
    const even = time.time(shapeOf(256), alike(94, 16, 256));
    const skewed = time.time(shapeOf(256), alike(94, 16, 3 * 256));
    const wide = time.time(shapeOf(256), alike(94, 12, 256));
    expect(skewed.networkBandwidthSeconds).toBeGreaterThan(even.networkBandwidthSeconds);
    expect(skewed.tripSeconds).toBeGreaterThan(even.tripSeconds);
    expect(wide.tripSeconds).toBeLessThan(even.tripSeconds);
  });

  test("experts whole on one rank are not cut both ways", () => {
    const layout = { tensorParallel: "2d", tensorRanks: 16, pipelineStages: 1 } as const;
    expect(() =>
      moeStepTimeModel(findArchitecture("deepseek-v3"), h100, layout, { parallel: "expert", over: "totals" }),
    ).toThrow(UserError);
  });
});
