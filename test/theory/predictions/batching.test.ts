import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type BatchingQueue, cappedBatching } from "../../../src/theory/predictions/capped-batching.ts";
import { markovServers } from "../../../src/theory/predictions/markov-servers.ts";
import { operatingPoint } from "../../../src/theory/predictions/operating-point.ts";
import { poissonBatch } from "../../../src/theory/predictions/poisson-batch.ts";
import { saturatedBatch } from "../../../src/theory/predictions/saturated-batch.ts";
import { steppedBatching } from "../../../src/theory/predictions/stepped-batching.ts";
import { geometricSteps, lognormalSteps, simulateBatching } from "../batching-simulation.ts";
import { expectCovered } from "../confidence.ts";

const growing = (batch: number) => 1 + 0.1 * batch;

/** Capacity of the full batch times this load. */
function queueAt(load: number, batchCap: number, meanSteps: number, stepSeconds = growing): BatchingQueue {
  return {
    arrivalsPerSecond: (load * batchCap) / (stepSeconds(batchCap) * meanSteps),
    batchCap,
    meanSteps,
    stepSeconds,
  };
}

describe("birth–death chain", () => {
  test("a constant step is M/M/c with a server for each place in the batch", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.double({ min: 0.05, max: 0.95, noNaN: true }), (cap, load) => {
        const queue = queueAt(load, cap, 5, () => 0.2);
        const figures = cappedBatching(queue);
        const servers = markovServers({ ...queue, serviceSeconds: 1, servers: cap });
        expect(figures.waitProbability).toBeCloseTo(servers.waitProbability, 11);
        expect(figures.meanSojournSeconds / servers.meanSojournSeconds).toBeCloseTo(1, 10);
        for (const p of [0.5, 0.99]) {
          expect(figures.waitQuantile(p)).toBeCloseTo(servers.waitQuantile(p), 9);
          expect(figures.sojournQuantile(p) / servers.sojournQuantile(p)).toBeCloseTo(1, 6);
        }
      }),
      { numRuns: 30 },
    );
  });

  test("a step that grows with the batch is processor sharing: M/M/1 where t(n) = n", () => {
    const figures = cappedBatching({
      arrivalsPerSecond: 0.7,
      meanSteps: 1,
      batchCap: Number.POSITIVE_INFINITY,
      stepSeconds: (n) => n,
    });
    expect(figures.batch[0]).toBeCloseTo(0.3, 12);
    expect(figures.meanBatch).toBeCloseTo(0.7 / 0.3, 10);
    expect(figures.waitProbability).toBe(0);
  });

  test("the mean sojourn is the integral of its tail, for any step time", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 12 }),
        fc.double({ min: 0.1, max: 0.9, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (cap, load, slope) => {
          const figures = cappedBatching(queueAt(load, cap, 3, (batch) => 1 + slope * batch));
          const end = 30 * figures.meanSojournSeconds;
          const steps = 1_000;
          let area = 0;
          for (let i = 0; i < steps; i++) area += 1 - figures.sojournCdf((end * (i + 0.5)) / steps);
          expect((area * end) / steps / figures.meanSojournSeconds).toBeCloseTo(1, 2);
        },
      ),
      { numRuns: 15 },
    );
  });

  test("tails of simulated sojourns: 200 steps each, load 0.8, 99.9 % interval of 10 runs", () => {
    const queue = queueAt(0.8, 8, 200);
    const figures = cappedBatching(queue);
    const p90 = figures.sojournQuantile(0.9);
    const within = Array.from({ length: 10 }, (_, seed) => {
      const { sojourns } = simulateBatching({ ...queue, steps: geometricSteps(200) }, 8_000, seed);
      return sojourns.filter((sojourn) => sojourn <= p90).length / sojourns.length;
    });
    expectCovered(within, 0.9, 0.999);
  });
});

describe("whole steps", () => {
  test.each([
    [0.3, 4, 3],
    [0.8, 4, 3],
    [0.9, 16, 8],
    [0.7, 1, 5],
    [0.8, 6, 1],
  ])("load %d, cap %d, %d steps: 99.9 % intervals of 10 runs", (load, cap, meanSteps) => {
    const queue = queueAt(load, cap, meanSteps);
    const figures = steppedBatching(queue);
    const runs = Array.from({ length: 10 }, (_, seed) =>
      simulateBatching({ ...queue, steps: geometricSteps(meanSteps) }, 30_000, seed),
    );
    for (const figure of [
      "meanWaitSeconds",
      "meanFirstTokenSeconds",
      "meanSojournSeconds",
      "meanBatch",
      "busyShare",
    ] as const) {
      expectCovered(
        runs.map((run) => run[figure]),
        figures[figure],
        0.999,
      );
    }
  });

  test("shrinking steps lead to the birth–death chain, the difference falling with their length", () => {
    const gap = (meanSteps: number) => {
      const queue = queueAt(0.8, 8, meanSteps);
      return steppedBatching(queue).meanSojournSeconds / cappedBatching(queue).meanSojournSeconds - 1;
    };
    expect(Math.abs(gap(1_000))).toBeLessThan(1e-3);
    expect(gap(100) / gap(1_000)).toBeCloseTo(10, 0);
  });

  test("tokens asked for are tokens made", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 20 }),
        fc.double({ min: 0.05, max: 0.95, noNaN: true }),
        fc.integer({ min: 1, max: 50 }),
        (cap, load, steps) => {
          const queue = queueAt(load, cap, steps);
          const figures = steppedBatching(queue);
          expect(figures.meanBatch / (queue.arrivalsPerSecond * steps * figures.meanTokenSeconds)).toBeCloseTo(1, 9);
          expect(
            (figures.meanBatch + figures.meanQueue) / queue.arrivalsPerSecond / figures.meanSojournSeconds,
          ).toBeCloseTo(1, 9);
          expect(figures.busyShare).toBeLessThanOrEqual(1 + 1e-12);
        },
      ),
      { numRuns: 30 },
    );
  });

  test("overload is refused", () => expect(() => steppedBatching(queueAt(1.01, 8, 10))).toThrow("not below 1"));
});

describe("without a binding cap", () => {
  test("a constant step gives a Poisson batch, by the chain too", () => {
    const poisson = poissonBatch(3, 40, 0.25);
    const chain = cappedBatching({
      arrivalsPerSecond: 3,
      meanSteps: 40,
      batchCap: Number.POSITIVE_INFINITY,
      stepSeconds: () => 0.25,
    });
    expect(poisson.meanBatch).toBe(30);
    expect(chain.meanBatch).toBeCloseTo(30, 10);
    expect(chain.batch.slice(0, 26).reduce((a, b) => a + b, 0)).toBeCloseTo(poisson.batchCdf(25), 10);
    expect(poisson.batchCdf(poisson.batchQuantile(0.99))).toBeGreaterThanOrEqual(0.99);
    expect(poisson.batchCdf(poisson.batchQuantile(0.99) - 1)).toBeLessThan(0.99);
  });

  test("the mean does not depend on the distribution of the outputs: lognormal of variation 1, 99.9 % interval of 10 runs", () => {
    const stepSeconds = (batch: number) => 0.01 + 0.001 * batch;
    const queue = { arrivalsPerSecond: 3, meanSteps: 200, batchCap: Number.POSITIVE_INFINITY, stepSeconds };
    const figures = cappedBatching(queue);
    const runs = Array.from({ length: 10 }, (_, seed) =>
      simulateBatching({ ...queue, steps: lognormalSteps(200, 1) }, 4_000, seed),
    );
    expectCovered(
      runs.map((run) => run.meanBatch),
      figures.meanBatch,
      0.999,
    );
  });
});

describe("limits", () => {
  test("a saturated batch makes b/t(b) tokens", () => {
    const figures = saturatedBatch({ batchCap: 8, meanSteps: 10, stepSeconds: growing }, 20);
    expect(figures).toMatchObject({ batch: 8, queue: 12, tokenSeconds: 1.8 });
    expect(figures.tokensPerSecond).toBeCloseTo(8 / 1.8, 12);
    expect(figures.meanSojournSeconds).toBeCloseTo((20 * 10 * 1.8) / 8, 12);
    expect(saturatedBatch({ batchCap: 8, meanSteps: 10, stepSeconds: growing }, 3)).toMatchObject({
      batch: 3,
      queue: 0,
    });
  });

  test("the operating point balances tokens, and lies below the mean batch", () => {
    fc.assert(
      fc.property(fc.double({ min: 0.05, max: 0.95, noNaN: true }), fc.integer({ min: 1, max: 64 }), (load, cap) => {
        const queue = queueAt(load, cap, 20);
        const point = operatingPoint(queue);
        expect(point.load).toBeCloseTo(load, 12);
        expect(point.batch! / (queue.arrivalsPerSecond * 20 * growing(point.batch!))).toBeCloseTo(1, 9);
        const { meanBatch, meanQueue } = cappedBatching(queue);
        expect(meanBatch + meanQueue).toBeGreaterThan(point.batch! * 0.999);
      }),
    );
    expect(operatingPoint(queueAt(1.2, 8, 20))).toEqual({ capacityPerSecond: 8 / 36, load: expect.closeTo(1.2, 12) });
  });
});
