import { describe, expect, test } from "vitest";
import { type BatchingQueue, cappedBatching } from "../../../src/theory/predictions/capped-batching.ts";
import { chunkedPrefill, chunkLoad, prefillFirst } from "../../../src/theory/predictions/prefill-interference.ts";
import { geometricSteps } from "../batching-simulation.ts";
import { average } from "../confidence.ts";
import { simulateInterference } from "../interference-simulation.ts";

const promptSeconds = 0.1;
const stepSeconds = (batch: number) => 0.02 + 0.0002 * batch;
const chunkStepSeconds = (batch: number) => stepSeconds(batch) + promptSeconds / 4;
const noPrompt = { mean: 0, variance: 0, thirdMoment: 0 };

/** A replica whose decodes and prompts together take this share of its time at a full batch. */
function queueAt(load: number, batchCap: number): BatchingQueue {
  const capacity = 1 / (promptSeconds + (200 * stepSeconds(batchCap)) / batchCap);
  return { arrivalsPerSecond: load * capacity, batchCap, meanSteps: 200, stepSeconds };
}

function simulated(queue: BatchingQueue, promptsFirst: boolean) {
  const chunks = promptsFirst ? { chunks: 1, chunkStepSeconds: () => promptSeconds } : { chunks: 4, chunkStepSeconds };
  const runs = [0, 1, 2].map((seed) =>
    simulateInterference({ ...queue, ...chunks, promptsFirst, steps: geometricSteps(200) }, 8_000, seed),
  );
  return {
    firstToken: average(runs.map((run) => run.meanFirstTokenSeconds)),
    token: average(runs.map((run) => run.meanTokenSeconds)),
  };
}

/** The errors of the table in docs/theory.md, 3 seeds of 8,000 requests each. */
describe("prompts and decodes at one replica", () => {
  test.each([
    [0.3, 16, 0.03, 0.02],
    [0.5, 128, 0.03, 0.03],
    [0.9, 16, 0.3, 0.03],
  ])("prefill-first at load %d, cap %d: TTFT within %d, TPOT within %d", (load, cap, firstError, tokenError) => {
    const queue = queueAt(load, cap);
    const figures = prefillFirst(queue, { mean: promptSeconds, variance: 0 });
    const run = simulated(queue, true);
    expect(Math.abs(figures.meanFirstTokenSeconds / run.firstToken - 1)).toBeLessThan(firstError);
    expect(Math.abs(figures.decode.meanTokenSeconds / run.token - 1)).toBeLessThan(tokenError);
  });

  test.each([
    [0.3, 16, 0.03, 0.02],
    [0.5, 128, 0.03, 0.03],
    [0.8, 16, 0.3, 0.03],
  ])("chunked at load %d, cap %d: TTFT within %d, TPOT within %d", (load, cap, firstError, tokenError) => {
    const queue = queueAt(load, cap);
    const figures = chunkedPrefill(queue, { chunks: { mean: 4, variance: 0 }, chunkStepSeconds });
    const run = simulated(queue, false);
    expect(Math.abs(figures.meanFirstTokenSeconds / run.firstToken - 1)).toBeLessThan(firstError);
    expect(Math.abs(figures.decode.meanTokenSeconds / run.token - 1)).toBeLessThan(tokenError);
  });

  test("prompts that take no time leave the birth–death chain as it was", () => {
    const queue = queueAt(0.6, 16);
    const chain = cappedBatching(queue);
    expect(prefillFirst(queue, noPrompt).decode.meanSojournSeconds).toBe(chain.meanSojournSeconds);
    const free = { chunks: { mean: 3, variance: 0 }, chunkStepSeconds: stepSeconds };
    expect(chunkedPrefill(queue, free).decode.meanSojournSeconds).toBe(chain.meanSojournSeconds);
  });

  test("equal prompt time in chunks or at once slows decodes equally", () => {
    const queue = queueAt(0.6, 16);
    const chunked = chunkedPrefill(queue, { chunks: { mean: 4, variance: 0 }, chunkStepSeconds });
    const first = prefillFirst(queue, { mean: promptSeconds, variance: 0 });
    expect(chunked.decode.meanTokenSeconds / first.decode.meanTokenSeconds).toBeCloseTo(1, 10);
  });

  test("one chunk a step can be too few where decode steps are long", () => {
    const prompt = { chunks: { mean: 4, variance: 0 }, chunkStepSeconds };
    expect(chunkLoad(queueAt(0.8, 128), prompt)).toBeGreaterThan(1);
    expect(() => chunkedPrefill(queueAt(0.8, 128), prompt)).toThrow("not below 1");
  });
});
