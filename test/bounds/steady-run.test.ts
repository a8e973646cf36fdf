import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { findAccelerator } from "../../src/bounds/accelerators.ts";
import { findArchitecture } from "../../src/bounds/architectures.ts";
import { SteadyRun } from "../../src/bounds/steady-run.ts";
import { StepCosts } from "../../src/bounds/step-costs.ts";
import { type StepTimeModel, stepTimeModel } from "../../src/bounds/step-time.ts";

/** A deployment whose decode turns from memory-bound to compute-bound, or back, as contexts grow. */
function crossing(
  computeSecondsPerPair: number,
  memorySecondsPerKvToken: number,
  computeSeconds: number,
): StepTimeModel {
  const real = stepTimeModel(findArchitecture("llama-3-8b"), findAccelerator("h100"), {
    tensorParallel: "1d",
    tensorRanks: 1,
    pipelineStages: 1,
  });
  const tokenCost = (tokens: number) => ({ ...real.tokenCost(tokens), computeSeconds, memorySeconds: 1e-3 });
  return {
    ...real,
    computeSecondsPerPair,
    memorySecondsPerKvToken,
    tokenCost,
    costs: new StepCosts(tokenCost),
    time(shape) {
      const cost = tokenCost(shape.tokens);
      const compute = cost.computeSeconds + computeSecondsPerPair * shape.attentionPairs;
      const memory = cost.memorySeconds + memorySecondsPerKvToken * shape.kvTokensRead;
      const fixed = cost.launchSeconds + cost.networkLatencySeconds + cost.networkBandwidthSeconds;
      const tripSeconds = fixed + Math.max(compute, memory);
      return {
        ...real.time(shape),
        computeSeconds: compute,
        memorySeconds: memory,
        stageSeconds: tripSeconds,
        tripSeconds,
      };
    },
  };
}

const models = fc
  .tuple(
    fc.constantFrom(0, 1e-9, 5e-9, 2e-8),
    fc.constantFrom(0, 1e-9, 5e-9, 2e-8),
    fc.constantFrom(5e-4, 9.9e-4, 1e-3, 1.01e-3, 2e-3),
  )
  .map(([pair, token, compute]) => crossing(pair, token, compute));

const runs = fc.record({
  model: models,
  sequences: fc.integer({ min: 1, max: 200 }),
  contextTokens: fc.integer({ min: 0, max: 50_000 }),
  steps: fc.integer({ min: 1, max: 400 }),
});

interface Setting {
  readonly model: StepTimeModel;
  readonly sequences: number;
  readonly contextTokens: number;
  readonly steps: number;
}

function decodeRun({ model, sequences, contextTokens }: Setting): SteadyRun {
  return new SteadyRun().begin(model, sequences, contextTokens, contextTokens, sequences);
}

/** Each step on its own, from the step time of its shape. */
function stepByStep({ model, sequences, contextTokens, steps }: Setting) {
  return Array.from({ length: steps }, (_, index) => {
    const context = contextTokens + sequences * index;
    return model.time({
      tokens: sequences,
      attentionPairs: context,
      kvTokensRead: context,
      sequences,
      outputs: sequences,
    });
  });
}

const close = (a: number, b: number) => expect(Math.abs(a - b)).toBeLessThanOrEqual(1e-12 * Math.abs(b));

describe("a steady run", () => {
  test("its steps, sums and stretches are those of single steps", () => {
    fc.assert(
      fc.property(runs, (setting) => {
        const { steps } = setting;
        const run = decodeRun(setting);
        const single = stepByStep(setting);
        let seconds = 0;
        let index = 0;
        const sums = { computeSeconds: 0, memorySeconds: 0, indexSeconds: 0 };
        for (const step of single) {
          close(run.stepSeconds(index), step.tripSeconds);
          seconds += step.tripSeconds;
          sums.computeSeconds += step.computeSeconds;
          sums.memorySeconds += step.memorySeconds;
          sums.indexSeconds += index * step.tripSeconds;
          index++;
          close(run.seconds(index), seconds);
        }
        close(run.computeSeconds(steps), sums.computeSeconds);
        close(run.memorySeconds(steps), sums.memorySeconds);
        close(run.indexSeconds(steps), sums.indexSeconds);
        const stretched: number[] = [];
        run.eachStretch(steps, (firstSeconds, growthSeconds, count) => {
          for (let at = 0; at < count; at++) stretched.push(firstSeconds + growthSeconds * at);
        });
        expect(stretched.length).toBe(steps);
        stretched.forEach((duration, at) => {
          close(duration, single[at]!.tripSeconds);
        });
      }),
      { numRuns: 80 },
    );
  });

  test("the boundary for an elapsed time is the first at or after it", () => {
    fc.assert(
      fc.property(runs, fc.double({ min: 0, max: 1.2, noNaN: true }), (setting, share) => {
        const run = decodeRun(setting);
        const elapsedSeconds = share * run.seconds(setting.steps);
        const steps = run.stepsToLast(elapsedSeconds, setting.steps);
        expect(steps).toBeGreaterThanOrEqual(1);
        expect(steps).toBeLessThanOrEqual(setting.steps);
        if (steps < setting.steps) expect(run.seconds(steps)).toBeGreaterThanOrEqual(elapsedSeconds);
        if (steps > 1) expect(run.seconds(steps - 1)).toBeLessThan(elapsedSeconds);
      }),
      { numRuns: 1_000 },
    );
  });

  test("every boundary is its own", () => {
    fc.assert(
      fc.property(runs, (setting) => {
        const run = decodeRun(setting);
        for (let steps = 1; steps <= setting.steps; steps++) {
          expect(run.stepsToLast(run.seconds(steps), setting.steps)).toBe(steps);
        }
      }),
      { numRuns: 40 },
    );
  });
});
