import fc from "fast-check";
import { expect, test } from "vitest";
import { findAccelerator } from "../../src/bounds/accelerators.ts";
import { findArchitecture } from "../../src/bounds/architectures.ts";
import { splitStepTime } from "../../src/bounds/split-step-time.ts";
import { type BatchShape, stepTimeModel } from "../../src/bounds/step-time.ts";
import { Pipeline } from "../../src/serving/pipeline.ts";

const ofStages = (pipelineStages: number) =>
  stepTimeModel(findArchitecture("llama-3-405b-int8"), findAccelerator("h100"), {
    tensorParallel: "1d",
    tensorRanks: 8,
    pipelineStages,
  });

const shapes = fc
  .record({ sequences: fc.integer({ min: 1, max: 500 }), promptTokens: fc.integer({ min: 0, max: 5_000 }) })
  .map(({ sequences, promptTokens }) => ({
    tokens: sequences + promptTokens,
    attentionPairs: 700 * sequences + promptTokens ** 2 / 2,
    kvTokensRead: 700 * sequences,
    sequences,
    outputs: sequences,
  }));

const part = (shape: BatchShape, stages: number): BatchShape => ({
  tokens: shape.tokens / stages,
  attentionPairs: shape.attentionPairs / stages,
  kvTokensRead: shape.kvTokensRead / stages,
  sequences: shape.sequences / stages,
  outputs: shape.outputs / stages,
});

test("a split step takes as long as its microbatches do one behind the other, from the first's start to the last's end", () => {
  fc.assert(
    fc.property(shapes, fc.integer({ min: 2, max: 6 }), (shape, stages) => {
      const model = ofStages(stages);
      const { stageSeconds, hopSeconds } = model.time(part(shape, stages));
      const pipeline = new Pipeline(model.stageWeights);
      pipeline.begin(0);
      const trips = Array.from({ length: stages }, () => {
        const trip = pipeline.newTrip();
        pipeline.enter(trip, pipeline.firstStageFreeSeconds, stageSeconds, hopSeconds);
        return trip;
      });
      for (const trip of trips) pipeline.book(trip);
      const lastSeconds = trips.at(-1)!.exitSeconds;
      pipeline.rest(lastSeconds);
      const split = splitStepTime(model);
      const step = split.time(shape);
      expect(step.tripSeconds / lastSeconds).toBeCloseTo(1, 12);
      expect(split.stageWeights).toEqual([1]);

      // The single stage that stands for all of them tells of each what those did.
      const whole = new Pipeline(split.stageWeights, split.stepParts);
      whole.begin(0);
      const trip = whole.newTrip();
      whole.enter(trip, 0, step.stageSeconds, step.hopSeconds);
      whole.book(trip);
      whole.rest(trip.exitSeconds);
      whole.use.forEach((use, stage) => {
        const expected = pipeline.use[stage]!;
        expect(use.computeSeconds).toBeCloseTo(expected.computeSeconds, 12);
        expect(use.busySeconds).toBeCloseTo(expected.busySeconds, 12);
        expect(use.bubbles.fill).toBeCloseTo(expected.bubbles.fill, 12);
        expect(use.bubbles.drain).toBeCloseTo(expected.bubbles.drain, 12);
      });
    }),
  );
});

test("its parts add up, as those of any step", () => {
  fc.assert(
    fc.property(shapes, fc.integer({ min: 2, max: 6 }), (shape, stages) => {
      const time = splitStepTime(ofStages(stages)).time(shape);
      const network = time.networkLatencySeconds + time.networkBandwidthSeconds;
      const sum = time.launchSeconds + network + Math.max(time.computeSeconds, time.memorySeconds);
      expect(sum / time.tripSeconds).toBeCloseTo(1, 12);
    }),
  );
});
