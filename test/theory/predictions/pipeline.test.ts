import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { randomStreams } from "../../../src/core/random.ts";
import { pipelineRhythm, tandemOfConstantStages } from "../../../src/theory/predictions/pipeline.ts";
import { average, expectCovered, sampleQuantile } from "../confidence.ts";

/** Sojourns of requests that pass stage after stage, each in order, followed one by one. */
function tandemSojourns(
  arrivalsPerSecond: number,
  stages: readonly number[],
  customers: number,
  seed: number,
): Float64Array {
  const uniform = randomStreams(seed)("arrivals");
  const freeAt = new Float64Array(stages.length);
  const sojourns = new Float64Array(customers);
  for (let i = 0, arrived = 0; i < customers; i++) {
    arrived -= Math.log(1 - uniform()) / arrivalsPerSecond;
    let now = arrived;
    stages.forEach((seconds, stage) => {
      now = Math.max(now, freeAt[stage]!) + seconds;
      freeAt[stage] = now;
    });
    sojourns[i] = now - arrived;
  }
  return sojourns;
}

/** Seconds per round after many rounds of microbatches that queue at each stage. */
function measuredRound(stages: readonly number[], hopSeconds: number, microbatches: number): number {
  const freeAt = new Float64Array(stages.length);
  const backAt = new Float64Array(microbatches);
  const rounds = 400;
  let halfway = 0;
  for (let round = 0; round < rounds; round++) {
    if (round === rounds / 2) halfway = backAt[0]!;
    for (let microbatch = 0; microbatch < microbatches; microbatch++) {
      let now = backAt[microbatch]!;
      stages.forEach((seconds, stage) => {
        now = Math.max(now, freeAt[stage]!) + seconds;
        freeAt[stage] = now;
        now += hopSeconds / stages.length;
      });
      backAt[microbatch] = now;
    }
  }
  return (backAt[0]! - halfway) / (rounds / 2);
}

const duration = fc.double({ min: 0.1, max: 3, noNaN: true });

describe("tandem of constant stages", () => {
  test.each([[[0.5, 1, 0.8]], [[1, 0.5, 0.5]], [[0.2, 0.3, 1]]])(
    "stages %j at load 0.8: 99.9 %% intervals of 20 runs",
    (stages) => {
      const figures = tandemOfConstantStages(0.8, stages);
      const runs = Array.from({ length: 20 }, (_, seed) => tandemSojourns(0.8, stages, 22_000, seed).subarray(2_000));
      expectCovered(runs.map(average), figures.meanSojournSeconds, 0.999);
      expectCovered(
        runs.map((run) => sampleQuantile(run, 0.9)),
        figures.sojournQuantile(0.9),
        0.999,
      );
    },
  );
});

describe("rhythm of microbatches", () => {
  test("is what following every microbatch gives", () => {
    fc.assert(
      fc.property(
        fc.array(duration, { minLength: 1, maxLength: 6 }),
        duration,
        fc.integer({ min: 1, max: 8 }),
        (stages, hop, microbatches) => {
          const rhythm = pipelineRhythm({ stageSeconds: stages, hopSeconds: hop, microbatches });
          // Rounds may alternate around their mean, which 200 rounds fix to one round's share.
          expect(measuredRound(stages, hop, microbatches) / rhythm.roundSeconds).toBeCloseTo(1, 2);
          expect(rhythm.zeroBubble).toBe(microbatches >= rhythm.microbatchesForZeroBubble);
          expect(Math.min(...rhythm.bubbles)).toBeGreaterThanOrEqual(-1e-12);
          if (rhythm.zeroBubble) expect(Math.min(...rhythm.bubbles)).toBeCloseTo(0, 9);
        },
      ),
    );
  });

  test("equal stages and free hops need as many microbatches as stages", () => {
    const loop = { stageSeconds: [1, 1, 1, 1], hopSeconds: 0 };
    expect(pipelineRhythm({ ...loop, microbatches: 4 })).toMatchObject({ zeroBubble: true, roundSeconds: 4 });
    expect(pipelineRhythm({ ...loop, microbatches: 3 })).toMatchObject({
      zeroBubble: false,
      bubbles: [0.25, 0.25, 0.25, 0.25],
    });
    expect(pipelineRhythm({ ...loop, hopSeconds: 0.1, microbatches: 4 }).microbatchesForZeroBubble).toBe(5);
  });
});
