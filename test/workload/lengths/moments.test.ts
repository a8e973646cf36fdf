import { describe, expect, test } from "vitest";
import { normalCdf } from "../../../src/core/normal.ts";
import { randomStreams } from "../../../src/core/random.ts";
import type { LengthDistribution } from "../../../src/workload/lengths/length-distribution.ts";
import { momentsOf, tailSums } from "../../../src/workload/lengths/tail-sums.ts";
import { upperGamma } from "../../../src/workload/lengths/upper-gamma.ts";
import { type LengthOptions, lengths } from "../../../src/workload/lengths.ts";
import { meanPValue } from "../../statistical-tests.ts";

const seeds = 10;
const draws = 20_000;
/** Two-sided, for each figure. */
const level = 0.001;

const examples: readonly LengthOptions[] = [
  { distribution: "constant", tokens: 17 },
  { distribution: "uniform", min: 5, max: 5 },
  { distribution: "uniform", min: 3, max: 1_000 },
  { distribution: "geometric", mean: 1, max: 9 },
  { distribution: "geometric", mean: 200, max: 1_000_000 },
  { distribution: "geometric", mean: 50, max: 60 },
  { distribution: "lognormal", mean: 750, cv: 0.8, max: 8_192 },
  { distribution: "lognormal", mean: 2, cv: 1, max: 30 },
  { distribution: "lognormal", mean: 12.4, cv: 0, max: 99 },
  { distribution: "gamma", mean: 400, cv: 0.5, max: 1_000_000 },
  { distribution: "gamma", mean: 3, cv: 2, max: 40 },
  { distribution: "gamma", mean: 5_000, cv: 0.01, max: 1_000_000 },
  { distribution: "pareto", exponent: 1.2, min: 1, max: 1_000 },
  { distribution: "pareto", exponent: 3, min: 100.5, max: 5_000 },
  { distribution: "zipf", exponent: 1, max: 300 },
  { distribution: "zipf", exponent: 0.2, max: 40 },
  { distribution: "empirical", values: [9, 3, 400, 9], weights: [1, 4, 0, 2] },
  { distribution: "empirical", values: [1, 2_000] },
];

/** `E[(L - E L)^4]`, term by term. */
function fourthCentralMoment(law: LengthDistribution): number {
  let moment = 0;
  for (let tokens = 1; tokens <= law.longest && law.exceeds(tokens - 1) > 1e-18; tokens++) {
    moment += (tokens - law.mean) ** 4 * (law.exceeds(tokens - 1) - law.exceeds(tokens));
  }
  return moment;
}

describe.each(examples)("lengths %j", (options) => {
  const law = lengths.build(options);
  const sample = Array.from({ length: seeds }, (_, seed) => {
    const draw = law.sampler(randomStreams(seed)("lengths/prompt"));
    return Array.from({ length: draws }, draw);
  }).flat();
  const stated = `${seeds} seeds of ${draws} draws together, two-sided at ${100 * level} %`;

  test("are whole numbers from 1 up to the longest", () => {
    for (const tokens of new Set(sample)) {
      expect(Number.isSafeInteger(tokens) && tokens >= 1 && tokens <= law.longest, String(tokens)).toBe(true);
    }
  });

  test(`have the mean that they know (${stated})`, () => {
    if (law.variance === 0) expect(new Set(sample)).toEqual(new Set([law.mean]));
    else expect(meanPValue(sample, law.mean, Math.sqrt(law.variance))).toBeGreaterThan(level);
  });

  test(`have the variance that they know (${stated})`, () => {
    const squares = sample.map((tokens) => (tokens - law.mean) ** 2);
    const deviation = Math.sqrt(Math.max(0, fourthCentralMoment(law) - law.variance ** 2));
    // Two values as likely as each other are all as far from their mean.
    if (deviation < 1e-9 * law.variance || deviation === 0) {
      for (const square of new Set(squares)) expect(square).toBeCloseTo(law.variance, 6);
    } else expect(meanPValue(squares, law.variance, deviation)).toBeGreaterThan(level);
  });

  test(`exceed a number as often as they say (9 numbers, each: ${stated})`, () => {
    const sorted = [...new Set(sample)].sort((a, b) => a - b);
    for (let tenth = 0; tenth < 9; tenth++) {
      const tokens = sorted[Math.floor((tenth * sorted.length) / 9)]!;
      const share = law.exceeds(tokens);
      const above = sample.map((one) => (one > tokens ? 1 : 0));
      if (share === 0 || share === 1) expect(new Set(above)).toEqual(new Set([share]));
      // Few hits are not normal but Poisson: five deviations and five above their mean all but never happen.
      else if (share * sample.length < 20) {
        const mean = share * sample.length;
        expect(above.filter(Boolean).length).toBeLessThan(mean + 5 * Math.sqrt(mean) + 5);
      } else expect(meanPValue(above, share, Math.sqrt(share * (1 - share))), `${tokens}`).toBeGreaterThan(level);
    }
  });

  test("have moments that agree with their probabilities", () => {
    const { mean, variance } = momentsOf(tailSums(law));
    expect(mean / law.mean).toBeCloseTo(1, 12);
    expect(Math.abs(variance - law.variance)).toBeLessThan(1e-9 * law.mean ** 2);
  });
});

test("one of each kind is among the examples", () => {
  expect(new Set(examples.map(({ distribution }) => distribution))).toEqual(new Set(lengths.names));
});

describe("sums over long lengths", () => {
  test.each([
    ["lognormal", { distribution: "lognormal", mean: 50_000, cv: 0.5, max: 400_000 }],
    ["gamma", { distribution: "gamma", mean: 100_000, cv: 0.02, max: 400_000 }],
    ["pareto", { distribution: "pareto", exponent: 0.7, min: 10, max: 400_000 }],
  ] as const)("in strides are those in steps of one (%s, 1e-8)", (_, options) => {
    const law = lengths.build(options as LengthOptions);
    let [mean, second] = [0, 0];
    for (let tokens = 0; tokens < law.longest; tokens++) {
      mean += law.exceeds(tokens);
      second += (2 * tokens + 1) * law.exceeds(tokens);
    }
    expect(law.mean / mean).toBeCloseTo(1, 8);
    expect((law.variance + law.mean ** 2) / second).toBeCloseTo(1, 8);
  });
});

describe("the upper incomplete gamma function", () => {
  test.each([0.001, 0.5, 3, 10, 40, 200])("of whole shapes is a Poisson sum (x = %d, relative 1e-11)", (x) => {
    for (const shape of [1, 2, 5, 20, 100]) {
      let term = Math.exp(-x);
      let sum = 0;
      for (let n = 0; n < shape; n++) {
        sum += term;
        term *= x / (n + 1);
      }
      expect(upperGamma(shape, x) / sum).toBeCloseTo(1, 11);
    }
  });

  test.each([0.01, 0.3, 1, 2, 5, 8])("of shape 1/2 is a normal tail (z = %d, relative 1e-11)", (z) => {
    expect(upperGamma(0.5, (z * z) / 2) / (2 * normalCdf(-z))).toBeCloseTo(1, 11);
  });

  test("is 1 at 0 and falls to 0", () => {
    expect(upperGamma(2.5, 0)).toBe(1);
    expect(upperGamma(2.5, 1_000)).toBeLessThan(1e-300);
  });
});

describe("lengths are refused", () => {
  test.each([
    [{ distribution: "uniform", min: 9, max: 3 }, ["max"]],
    [{ distribution: "pareto", exponent: 2, min: 50, max: 10 }, ["max"]],
    [{ distribution: "pareto", exponent: 0, min: 1, max: 10 }, ["exponent"]],
    [{ distribution: "zipf", exponent: 1, max: 1e7 }, ["max"]],
    [{ distribution: "gamma", mean: 5, cv: 0 }, ["cv"]],
    [{ distribution: "geometric", mean: 0.5 }, ["mean"]],
  ])("%j", (options, path) => {
    expect(lengths.schema.safeParse(options).error?.issues[0]?.path).toEqual(path);
  });
});
