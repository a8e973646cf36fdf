import { gammaln } from "simple-statistics";
import { describe, expect, test } from "vitest";
import { randomStreams } from "../../../src/core/random.ts";
import { weibullShape } from "../../../src/workload/arrivals/weibull.ts";
import { instants } from "../../../src/workload/instants.ts";
import { upperGamma } from "../../../src/workload/lengths/upper-gamma.ts";
import { kolmogorovPValue, meanPValue } from "../../statistical-tests.ts";

type InstantOptions = Parameters<typeof instants.build>[0];

/** The first instants of a process. */
function first(options: InstantOptions, count: number, seed = 1): number[] {
  const following = instants.build(options).sampler(randomStreams(seed)("arrivals"));
  let seconds = 0;
  return Array.from({ length: count }, () => {
    seconds = following(seconds);
    return seconds;
  });
}

const gaps = (values: readonly number[]) => values.map((value, index) => value - (values[index - 1] ?? 0));

test("deterministic arrivals come every 1/rate", () => {
  expect(first({ process: "deterministic", rate: 4 }, 4)).toEqual([0.25, 0.5, 0.75, 1]);
});

describe.each([0.3, 1, 2.5])("renewal gaps of coefficient of variation %d", (cv) => {
  const rate = 3;
  const laws = {
    gamma: (seconds: number) => 1 - upperGamma(cv ** -2, (seconds * rate) / cv ** 2),
    weibull(seconds: number) {
      const shape = weibullShape(cv);
      return -Math.expm1(-((seconds * rate * Math.exp(gammaln(1 + 1 / shape))) ** shape));
    },
  };
  test.each(["gamma", "weibull"] as const)("are %s (10 seeds of 4,000, Kolmogorov's test at 0.1 % each)", (process) => {
    for (let seed = 0; seed < 10; seed++) {
      const sample = gaps(first({ process, rate, cv }, 4_000, seed));
      expect(kolmogorovPValue(sample, laws[process]), `seed ${seed}`).toBeGreaterThan(0.001);
    }
  });

  test("have the mean 1/rate (10 seeds of 20,000 together, two-sided at 0.1 %)", () => {
    for (const process of ["gamma", "weibull"] as const) {
      const sample = Array.from({ length: 10 }, (_, seed) => gaps(first({ process, rate, cv }, 20_000, seed))).flat();
      expect(meanPValue(sample, 1 / rate, cv / rate), process).toBeGreaterThan(0.001);
    }
  });
});

test.each([0.01, 0.5, 1, 3, 100])("the Weibull shape gives a coefficient of variation of %d (relative 1e-6)", (cv) => {
  const shape = weibullShape(cv);
  const square = Math.expm1(gammaln(1 + 2 / shape) - 2 * gammaln(1 + 1 / shape));
  expect(Math.sqrt(square) / cv).toBeCloseTo(1, 6);
});

describe("a Markov-modulated Poisson process of two states", () => {
  const [busy, calm] = [
    { rate: 20, meanSojourn: 2 },
    { rate: 0, meanSojourn: 6 },
  ] as const;
  const options: InstantOptions = { process: "mmpp", states: [busy, calm] };
  const windowSeconds = 8;
  const windows = 4_000;
  const jumps = 1 / busy.meanSojourn + 1 / calm.meanSojourn;
  const busyShare = busy.meanSojourn / (busy.meanSojourn + calm.meanSojourn);
  const meanRate = busyShare * busy.rate + (1 - busyShare) * calm.rate;
  // Fischer and Meier-Hellstern 1993: the rate's covariance over a lag decays with the sum of the two rates of leaving.
  const rateVariance = busyShare * (1 - busyShare) * (busy.rate - calm.rate) ** 2;
  const variance =
    meanRate * windowSeconds +
    ((2 * rateVariance) / jumps) * (windowSeconds + Math.expm1(-jumps * windowSeconds) / jumps);
  const counts = Array.from({ length: windows }, (_, seed) => {
    const following = instants.build(options).sampler(randomStreams(seed)("arrivals"));
    let count = 0;
    for (let seconds = following(0); seconds < windowSeconds; seconds = following(seconds)) count++;
    return count;
  });

  test("knows its mean rate", () => {
    expect(instants.build(options).meanRate).toBe(5);
  });

  test(`has that rate from the start (${windows} seeds of ${windowSeconds} s, two-sided at 0.1 %)`, () => {
    expect(meanPValue(counts, meanRate * windowSeconds, Math.sqrt(variance))).toBeGreaterThan(0.001);
  });

  test(`has counts as dispersed as the closed form says (${windows} seeds, two-sided at 0.1 %)`, () => {
    const squares = counts.map((count) => (count - meanRate * windowSeconds) ** 2);
    const mean = squares.reduce((sum, square) => sum + square, 0) / windows;
    const deviation = Math.sqrt(squares.reduce((sum, square) => sum + (square - mean) ** 2, 0) / windows);
    expect(meanPValue(squares, variance, deviation)).toBeGreaterThan(0.001);
  });
});

describe("a rate that follows the clock", () => {
  const profiles = [
    {
      rate: { shape: "diurnal", mean: 4, swing: 1, period: 300 },
      expected: (t: number) => 4 * t - ((4 * 300) / (2 * Math.PI)) * (Math.cos((2 * Math.PI * t) / 300) - 1),
      meanRate: 4,
    },
    {
      rate: { shape: "ramp", from: 0, to: 8, duration: 400 },
      expected: (t: number) => (t < 400 ? (8 * t * t) / 800 : 1_600 + 8 * (t - 400)),
      meanRate: undefined,
    },
    {
      rate: { shape: "square", high: 12, low: 0, period: 50, duty: 0.25 },
      expected: (t: number) => 12 * (12.5 * Math.floor(t / 50) + Math.min(12.5, t % 50)),
      meanRate: 3,
    },
    {
      rate: { shape: "flash-crowd", base: 1, peak: 21, at: 100, rise: 20, hold: 30, fall: 50 },
      expected(t: number) {
        const rising = Math.min(20, Math.max(0, t - 100));
        const held = Math.min(30, Math.max(0, t - 120));
        const falling = Math.min(50, Math.max(0, t - 150));
        return t + rising ** 2 / 2 + 20 * held + 20 * falling - (20 * falling ** 2) / 100;
      },
      meanRate: undefined,
    },
  ] as const;

  test.each(profiles)(
    "$rate.shape: counted in expected arrivals, gaps are exponential (10 seeds of 2,000, Kolmogorov at 0.1 % each)",
    ({ rate, expected, meanRate }) => {
      expect(instants.build({ process: "profile", rate }).meanRate).toBe(meanRate);
      for (let seed = 0; seed < 10; seed++) {
        const sample = gaps(first({ process: "profile", rate }, 2_000, seed).map(expected));
        expect(
          kolmogorovPValue(sample, (gap) => -Math.expm1(-gap)),
          `seed ${seed}`,
        ).toBeGreaterThan(0.001);
      }
    },
  );
});
