import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { normalCdf, normalDensity, normalQuantile } from "../../../src/core/normal.ts";
import { stationaryDistribution } from "../../../src/theory/numeric/banded-chain.ts";
import { binomialProbabilities } from "../../../src/theory/numeric/binomial.ts";
import { endingTimeCdf } from "../../../src/theory/numeric/phase-type.ts";
import { poissonCdf, poissonProbabilities, poissonProbability } from "../../../src/theory/numeric/poisson.ts";
import { quantileOf, rootOfIncreasing } from "../../../src/theory/numeric/root.ts";

describe("normal law", () => {
  // Abramowitz and Stegun, tables 26.1 and 26.2.
  test.each([
    [0, 0.5],
    [1, 0.841344746068543],
    [2, 0.977249868051821],
    [3, 0.99865010196837],
    [-5, 2.866515718791939e-7],
    [-10, 7.61985302416047e-24],
  ])("distribution function at %d", (x, expected) => {
    expect(Math.abs(normalCdf(x) / expected - 1)).toBeLessThan(1e-12);
  });

  test("its derivative is the density", () => {
    for (let x = -6; x <= 6; x += 0.37) {
      const slope = (normalCdf(x + 1e-5) - normalCdf(x - 1e-5)) / 2e-5;
      expect(slope).toBeCloseTo(normalDensity(x), 9);
    }
  });

  test("quantile", () => {
    expect(normalQuantile(0.975)).toBeCloseTo(1.959963984540054, 12);
    expect(normalQuantile(0.5)).toBeCloseTo(0, 14);
    expect(normalQuantile(1e-9)).toBeCloseTo(-5.997807015008, 9);
    expect([normalQuantile(0), normalQuantile(1)]).toEqual([Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]);
    for (const probability of [1e-300, 1e-17, 1e-3, 0.1, 0.4999, 0.5, 0.7, 1 - 1e-9]) {
      expect(normalCdf(normalQuantile(probability)) / probability).toBeCloseTo(1, 12);
    }
  });
});

describe("counts", () => {
  test("Poisson distribution function is the sum of its probabilities", () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 300, noNaN: true }), fc.nat(400), (mean, k) => {
        let sum = 0;
        for (let i = 0; i <= k; i++) sum += poissonProbability(i, mean);
        expect(poissonCdf(k, mean)).toBeCloseTo(sum, 11);
      }),
    );
  });

  test("tables hold all of the probability and the right mean", () => {
    for (const mean of [0, 0.01, 1, 37.5, 5_000]) {
      const table = poissonProbabilities(mean);
      expect(table.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 10);
      expect(table.reduce((a, p, k) => a + p * k, 0)).toBeCloseTo(mean, 7);
    }
    for (const success of [1, 0.5, 0.004]) {
      const table = binomialProbabilities(200, success);
      expect(table.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 11);
      expect(table.reduce((a, p, k) => a + p * k, 0)).toBeCloseTo(200 * success, 9);
    }
  });
});

describe("roots", () => {
  test("bisection ends at neighbouring numbers, and at the upper side of a jump", () => {
    expect(rootOfIncreasing((x) => x * x - 2, 0, 2)).toBeCloseTo(Math.SQRT2, 14);
    expect(rootOfIncreasing((x) => (x < 0.3 ? -1 : 1), 0, 1)).toBeCloseTo(0.3, 15);
    expect(() => rootOfIncreasing((x) => x - 5, 0, 1)).toThrow("no root");
  });

  test("quantiles of an exponential time", () => {
    expect(quantileOf((x) => -Math.expm1(-x), 0.99, 1)).toBeCloseTo(Math.log(100), 12);
  });
});

describe("banded chains", () => {
  test("the result is left where it was by one step of the chain", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 25 }),
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 4 }),
        fc.infiniteStream(fc.double({ min: 0.01, max: 1, noNaN: true })),
        (states, down, up, weights) => {
          const rows = Array.from({ length: states }, (_, from) => {
            const row = new Float64Array(states);
            for (let to = Math.max(0, from - down); to <= Math.min(states - 1, from + up); to++) {
              row[to] = weights.next().value!;
            }
            const total = row.reduce((a, b) => a + b, 0);
            return row.map((weight) => weight / total);
          });
          const row = (from: number, put: (to: number, probability: number) => void) =>
            rows[from]!.forEach((probability, to) => {
              if (probability > 0) put(to, probability);
            });
          const result = stationaryDistribution({ states, down, up, row });
          for (let to = 0; to < states; to++) {
            const next = result.reduce((sum, p, from) => sum + p * rows[from]![to]!, 0);
            expect(next).toBeCloseTo(result[to]!, 12);
          }
        },
      ),
      { numRuns: 50 },
    );
  });

  test("states never returned to have no probability", () => {
    const row = (from: number, put: (to: number, probability: number) => void) => {
      if (from < 2) put(from + 1, 1);
      else put(from === 2 ? 3 : 2, 1);
    };
    expect([...stationaryDistribution({ states: 4, down: 1, up: 1, row })]).toEqual([0, 0, 0.5, 0.5]);
  });
});

test("two exponential phases in a row end by Erlang's distribution", () => {
  const cdf = endingTimeCdf({
    start: Float64Array.of(1, 0),
    upRates: Float64Array.of(3, 0),
    downRates: new Float64Array(2),
    endRates: Float64Array.of(0, 3),
    jumpTargets: new Int32Array(2).fill(-1),
    jumpRates: new Float64Array(2),
  });
  for (const t of [0, 0.1, 1, 3, 7]) expect(cdf(t)).toBeCloseTo(1 - Math.exp(-3 * t) * (1 + 3 * t), 9);
});
