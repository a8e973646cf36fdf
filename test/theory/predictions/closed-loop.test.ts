import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { completionRate } from "../../../src/theory/predictions/capped-batching.ts";
import { type ClosedLoop, closedLoopBounds, meanValueAnalysis } from "../../../src/theory/predictions/closed-loop.ts";
import { saturatedBatch } from "../../../src/theory/predictions/saturated-batch.ts";

const loops: fc.Arbitrary<ClosedLoop> = fc.record({
  users: fc.integer({ min: 1, max: 60 }),
  thinkSeconds: fc.double({ min: 0.01, max: 200, noNaN: true }),
  batchCap: fc.integer({ min: 1, max: 40 }),
  meanSteps: fc.double({ min: 1, max: 100, noNaN: true }),
  stepSeconds: fc
    .tuple(fc.double({ min: 0.01, max: 1, noNaN: true }), fc.double({ min: 0, max: 0.1, noNaN: true }))
    .map(
      ([base, slope]) =>
        (batch: number) =>
          base + slope * batch,
    ),
});

/** The same loop as a birth–death chain: thinkers come back at rate `(N - n)/Z`. */
function birthDeathPresent(loop: ClosedLoop): number[] {
  const weights = [1];
  for (let n = 1; n <= loop.users; n++) {
    weights.push((weights[n - 1]! * (loop.users - n + 1)) / loop.thinkSeconds / completionRate(loop, n));
    const largest = Math.max(...weights);
    if (largest > 1e200) weights.splice(0, n + 1, ...weights.map((weight) => weight / largest));
  }
  const total = weights.reduce((a, b) => a + b, 0);
  return weights.map((weight) => weight / total);
}

describe("mean value analysis", () => {
  test("is the birth–death chain of the same loop", () => {
    fc.assert(
      fc.property(loops, (loop) => {
        const figures = meanValueAnalysis(loop);
        const chain = birthDeathPresent(loop);
        const present = chain.reduce((sum, p, n) => sum + p * n, 0);
        const rate = chain.reduce((sum, p, n) => sum + (n === 0 ? 0 : p * completionRate(loop, n)), 0);
        expect(figures.requestsPerSecond / rate).toBeCloseTo(1, 9);
        expect((figures.requestsPerSecond * figures.meanSojournSeconds) / present).toBeCloseTo(1, 9);
        chain.forEach((p, n) => {
          expect(figures.present[n]).toBeCloseTo(p, 10);
        });
      }),
    );
  });

  test("probabilities stay probabilities near saturation with 2,000 users", () => {
    const figures = meanValueAnalysis({
      users: 2_000,
      thinkSeconds: 10,
      batchCap: 64,
      meanSteps: 100,
      stepSeconds: (n) => 0.02 + n / 5e3,
    });
    expect(figures.present.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 9);
    expect(Math.min(...figures.present)).toBeGreaterThanOrEqual(0);
  });

  test("without think time it is the saturated batch", () => {
    fc.assert(
      fc.property(loops, (loop) => {
        const figures = meanValueAnalysis({ ...loop, thinkSeconds: 0 });
        const full = saturatedBatch(loop, loop.users);
        expect(figures.requestsPerSecond / full.requestsPerSecond).toBeCloseTo(1, 9);
        expect(figures.meanTokenSeconds / full.tokenSeconds).toBeCloseTo(1, 9);
        expect(figures.meanQueue).toBeCloseTo(full.queue, 7);
      }),
    );
  });

  test("lies between the asymptotic bounds", () => {
    fc.assert(
      fc.property(loops, (loop) => {
        const figures = meanValueAnalysis(loop);
        const bounds = closedLoopBounds(loop);
        const tolerance = 1 + 1e-9;
        expect(figures.requestsPerSecond).toBeLessThanOrEqual(bounds.mostRequestsPerSecond * tolerance);
        expect(figures.requestsPerSecond * tolerance).toBeGreaterThanOrEqual(bounds.leastRequestsPerSecond);
        expect(figures.meanSojournSeconds * tolerance).toBeGreaterThanOrEqual(bounds.leastSojournSeconds);
        expect(figures.meanSojournSeconds).toBeLessThanOrEqual(bounds.mostSojournSeconds * tolerance);
      }),
    );
  });
});
