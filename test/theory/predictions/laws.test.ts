import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { randomStreams } from "../../../src/core/random.ts";
import { conservation, littlesLaw, utilisationLaw } from "../../../src/theory/predictions/conservation-laws.ts";
import { meanOfMax } from "../../../src/theory/predictions/mean-of-max.ts";
import { waitingTimes } from "../lindley.ts";

describe("conservation laws", () => {
  test("Little's law holds for one server's queue to rounding", () => {
    const waits = waitingTimes("constant", 0.8, 1_000, 1);
    const uniform = randomStreams(1)("arrivals");
    const changes: [number, number][] = [];
    let now = 0;
    waits.forEach((wait) => {
      changes.push([now, 1], [now + wait + 1, -1]);
      now -= Math.log(1 - uniform()) / 0.8;
    });
    changes.sort((a, b) => a[0] - b[0]);
    let area = 0;
    let present = 0;
    changes.forEach(([time, change], i) => {
      if (i > 0) area += present * (time - changes[i - 1]![0]);
      present += change;
    });
    expect(
      littlesLaw(
        area,
        waits.reduce((a, b) => a + b, 1_000),
      ).relativeGap,
    ).toBeLessThan(1e-12);
  });

  test("gaps are relative to the larger side", () => {
    expect(utilisationLaw(8, 10).relativeGap).toBeCloseTo(0.2, 12);
    expect(utilisationLaw(0, 0).relativeGap).toBe(0);
    expect(conservation({ offered: 10, finished: 7, rejected: 2, unfinished: 1 }).relativeGap).toBe(0);
    expect(conservation({ offered: 10, finished: 7, rejected: 2, unfinished: 2 }).relativeGap).toBeGreaterThan(0);
  });
});

describe("mean of a maximum", () => {
  const positive = fc.double({ min: 1e-3, max: 10, noNaN: true });

  test("at the knee the excess is σ/√(2π); far from it there is none", () => {
    expect(meanOfMax(1, 1, 0.01).jensenExcessSeconds).toBeCloseTo(0.1 / Math.sqrt(2 * Math.PI), 14);
    expect(meanOfMax(1, 5, 0.01)).toEqual({
      meanSeconds: 5,
      jensenExcessSeconds: 0,
      upperBoundSeconds: expect.closeTo(5.000625, 6),
    });
    expect(meanOfMax(2, 1, 0)).toEqual({ meanSeconds: 2, jensenExcessSeconds: 0, upperBoundSeconds: 2 });
  });

  test("is the integral over a normal law, below Scarf's bound", () => {
    fc.assert(
      fc.property(positive, positive, positive, (compute, memory, deviation) => {
        const figures = meanOfMax(compute, memory, deviation ** 2);
        let sum = 0;
        const steps = 4_000;
        for (let i = 0; i < steps; i++) {
          const z = -9 + (18 * (i + 0.5)) / steps;
          sum += Math.max(compute, memory + deviation * z) * Math.exp((-z * z) / 2);
        }
        expect(figures.meanSeconds / ((sum * 18) / steps / Math.sqrt(2 * Math.PI))).toBeCloseTo(1, 4);
        expect(figures.upperBoundSeconds).toBeGreaterThanOrEqual(figures.meanSeconds);
      }),
      { numRuns: 50 },
    );
  });

  test("Scarf's bound is reached by two equally likely values around the knee", () => {
    expect(meanOfMax(1, 1, 0.04).upperBoundSeconds).toBeCloseTo((1 + 1.2) / 2, 14);
  });
});
