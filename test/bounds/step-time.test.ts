import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Accelerator } from "../../src/bounds/accelerator.ts";
import { findAccelerator } from "../../src/bounds/accelerators.ts";
import { findArchitecture } from "../../src/bounds/architectures.ts";
import { layoutSeconds } from "../../src/bounds/best-layout.ts";
import { collectiveModel } from "../../src/bounds/collectives/collective-model.ts";
import { splitStepTime } from "../../src/bounds/split-step-time.ts";
import { type BatchShape, stepTimeModel } from "../../src/bounds/step-time.ts";
import { flop } from "../../src/bounds/traffic.ts";
import { anyBatch, anyContext, anyLayout, anyModelOnHardware } from "./arbitraries.ts";
import { relativeError } from "./golden.ts";

/** One microbatch of a uniform decode batch over so many stages. */
function decode(batch: number, stages: number, context: number): BatchShape {
  const sequences = batch / stages;
  const cached = sequences * context;
  return { tokens: sequences, attentionPairs: cached, kvTokensRead: cached, sequences, outputs: sequences };
}

/** The published latency does not say how long a pass would take that does not fit: give it all the memory it needs. */
function roomy(accelerator: Accelerator): Accelerator {
  return { ...accelerator, hbmBytes: 1e30 };
}

const anyShape: fc.Arbitrary<BatchShape> = fc.record({
  tokens: fc.integer({ min: 1, max: 100_000 }),
  attentionPairs: fc.integer({ min: 0, max: 1e9 }),
  kvTokensRead: fc.integer({ min: 0, max: 1e7 }),
  sequences: fc.integer({ min: 1, max: 1_000 }),
  outputs: fc.integer({ min: 0, max: 1_000 }),
});

describe("the time of a step", () => {
  test("of a uniform decode batch is the published latency of its layout", () => {
    fc.assert(
      fc.property(
        anyModelOnHardware,
        anyLayout,
        anyBatch,
        anyContext,
        ({ architecture, accelerator }, layout, batch, context) => {
          const published = layoutSeconds(architecture, roomy(accelerator), layout, batch, context);
          const ours = stepTimeModel(architecture, accelerator, layout).time(
            decode(batch, layout.pipelineStages, context),
          );
          expect(relativeError(ours.tripSeconds, published)).toBeLessThanOrEqual(1e-12);
        },
      ),
      { numRuns: 2_000 },
    );
  });

  test("is the sum of its parts, and of its stages and hops", () => {
    fc.assert(
      fc.property(anyModelOnHardware, anyLayout, anyShape, ({ architecture, accelerator }, layout, shape) => {
        const step = stepTimeModel(architecture, accelerator, layout).time(shape);
        const parts =
          step.launchSeconds +
          step.networkLatencySeconds +
          step.networkBandwidthSeconds +
          Math.max(step.computeSeconds, step.memorySeconds);
        expect(relativeError(step.tripSeconds, parts)).toBeLessThanOrEqual(1e-12);
        const stages = layout.pipelineStages;
        expect(step.tripSeconds).toBe(stages * step.stageSeconds + (stages - 1) * step.hopSeconds);
      }),
    );
  });

  test("is at least its bound of FLOP and bytes, and never shrinks with more of anything", () => {
    fc.assert(
      fc.property(anyModelOnHardware, anyLayout, anyShape, ({ architecture, accelerator }, layout, shape) => {
        const model = stepTimeModel(architecture, accelerator, layout);
        const { tripSeconds, computeSeconds } = model.time(shape);
        expect(tripSeconds).toBeGreaterThanOrEqual(computeSeconds);
        expect(
          relativeError(
            computeSeconds * layout.tensorRanks * accelerator.flopPerSecondByWeightBits[8 * architecture.weightBytes]!,
            flop(architecture, shape.tokens, shape.attentionPairs),
          ),
        ).toBeLessThanOrEqual(1e-12);
        expect(model.flop(shape.tokens, shape.attentionPairs)).toBe(
          flop(architecture, shape.tokens, shape.attentionPairs),
        );
        for (const more of ["tokens", "attentionPairs", "kvTokensRead"] as const) {
          expect(model.time({ ...shape, [more]: 2 * shape[more] }).tripSeconds).toBeGreaterThanOrEqual(tripSeconds);
        }
      }),
    );
  });

  const mixtral = (pipelineStages: number) =>
    stepTimeModel(findArchitecture("mixtral-8x7b"), findAccelerator("h100"), {
      tensorParallel: "1d",
      tensorRanks: 8,
      pipelineStages,
    });

  test.each([
    ["a layout", mixtral(1)],
    ["steps that are split over stages", splitStepTime(mixtral(2))],
  ])("of %s is remembered as it is by token count, beyond the table and for fractions of a token too", (_, model) => {
    for (const tokens of [0, 7, 2_047, 2_048, 5_000, 3.5, 7]) {
      const cost = model.tokenCost(tokens);
      const row = model.costs.rowOf(tokens);
      const fixed = cost.launchSeconds + cost.networkLatencySeconds + cost.networkBandwidthSeconds;
      expect(model.costs.fixedSeconds(row)).toBe(fixed);
      expect(model.costs.computeSeconds(row)).toBe(cost.computeSeconds);
      expect(model.costs.memorySeconds(row)).toBe(cost.memorySeconds);
      expect(model.costs.hopSeconds(row)).toBe(cost.hopSeconds);
    }
  });

  test("of a fraction of a token lies between those of whole ones", () => {
    const model = mixtral(1);
    expect(model.tokenCost(65_535.5).memorySeconds).toBeGreaterThan(model.tokenCost(65_535).memorySeconds);
    expect(model.tokenCost(65_535.5).memorySeconds).toBeLessThan(model.tokenCost(65_536).memorySeconds);
  });

  test("takes other collectives in place of the accelerator's own", () => {
    const layout = { tensorParallel: "1d", tensorRanks: 8, pipelineStages: 2 } as const;
    const free = collectiveModel(() => [{ latencySeconds: 0, secondsPerByte: 0 }]);
    const model = stepTimeModel(findArchitecture("llama-3-70b"), findAccelerator("h100"), layout, free);
    const step = model.time(decode(64, 2, 1_000));
    expect(step.networkLatencySeconds + step.networkBandwidthSeconds + step.hopSeconds).toBe(0);
  });
});
