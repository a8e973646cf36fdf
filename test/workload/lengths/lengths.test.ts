import { describe, expect, test } from "vitest";
import { normalCdf } from "../../../src/core/normal.ts";
import { randomStreams } from "../../../src/core/random.ts";
import { type LengthOptions, lengths } from "../../../src/workload/lengths.ts";
import { chiSquareSurvival, meanPValue } from "../../statistical-tests.ts";

const seeds = 20;
const draws = 4000;
/** Two-sided, for each seed. */
const level = 0.001;

function drawn(options: LengthOptions, seed = 1, count = draws): number[] {
  const sample = lengths.build(options).sampler(randomStreams(seed)("lengths/output"));
  return Array.from({ length: count }, () => sample());
}

const read = (options: unknown) => lengths.schema.safeParse(options);

/** One of each kind; a new distribution is added here. */
const examples: Readonly<Record<LengthOptions["distribution"], readonly LengthOptions[]>> = {
  constant: [{ distribution: "constant", tokens: 17 }],
  lognormal: [
    { distribution: "lognormal", mean: 750, cv: 0.8, max: 8192 },
    { distribution: "lognormal", mean: 1, cv: 3, max: 50 },
    { distribution: "lognormal", mean: 1, cv: 100, max: 1_000_000 },
  ],
  uniform: [{ distribution: "uniform", min: 1, max: 9 }],
  geometric: [{ distribution: "geometric", mean: 40, max: 1_000 }],
  gamma: [{ distribution: "gamma", mean: 3, cv: 2, max: 50 }],
  pareto: [{ distribution: "pareto", exponent: 1.1, min: 1, max: 2_000 }],
  zipf: [{ distribution: "zipf", exponent: 1, max: 300 }],
  empirical: [{ distribution: "empirical", values: [1, 50, 3000], weights: [1, 0, 2.5] }],
};

describe.each(lengths.names)("the length distribution %s", (name) => {
  const options = examples[name as LengthOptions["distribution"]];

  test("draws whole numbers from 1 up", () => {
    for (const one of options) {
      expect(drawn(one).filter((tokens) => !Number.isSafeInteger(tokens) || tokens < 1)).toEqual([]);
    }
  });

  test("draws the same from the same stream", () => {
    for (const one of options) expect(drawn(one, 5, 50)).toEqual(drawn(one, 5, 50));
  });
});

describe("constant lengths", () => {
  test("are that number", () => {
    expect(new Set(drawn({ distribution: "constant", tokens: 17 }))).toEqual(new Set([17]));
  });
});

describe("lognormal lengths", () => {
  const far = { distribution: "lognormal", mean: 750, cv: 0.8, max: 1_000_000 } as const;

  test(`have the mean asked for (${seeds} seeds of ${draws}, two-sided at ${100 * level} % each)`, () => {
    for (let seed = 0; seed < seeds; seed++) {
      // Rounding moves the mean by less than 1e-3 of a token at these lengths.
      expect(meanPValue(drawn(far, seed), 750, 0.8 * 750), `seed ${seed}`).toBeGreaterThan(level);
    }
  });

  test(`have the logarithms of the coefficient of variation asked for (${seeds} seeds of ${draws}, at ${100 * level} % each)`, () => {
    const variance = Math.log(1 + 0.8 ** 2);
    const mean = Math.log(750) - variance / 2;
    for (let seed = 0; seed < seeds; seed++) {
      const logs = drawn(far, seed).map(Math.log);
      expect(meanPValue(logs, mean, Math.sqrt(variance)), `mean, seed ${seed}`).toBeGreaterThan(level);
      const squares = logs.map((log) => (log - mean) ** 2 / variance);
      expect(
        chiSquareSurvival(
          squares.reduce((a, b) => a + b),
          draws,
        ),
        `seed ${seed}`,
      ).toBeGreaterThan(level / 2);
      expect(
        chiSquareSurvival(
          squares.reduce((a, b) => a + b),
          draws,
        ),
        `seed ${seed}`,
      ).toBeLessThan(1 - level / 2);
    }
  });

  test(`are cut at the most, as often as the law says (${seeds} seeds of ${draws}, at ${100 * level} % each)`, () => {
    const variance = Math.log(1 + 0.8 ** 2);
    // Rounded, so that whatever is drawn from 1,499.5 up becomes 1,500.
    const share = 1 - normalCdf((Math.log(1499.5 / 750) + variance / 2) / Math.sqrt(variance));
    for (let seed = 0; seed < seeds; seed++) {
      const sample = drawn({ ...far, max: 1500 }, seed);
      expect(Math.max(...sample)).toBe(1500);
      const cut = sample.map((tokens) => (tokens === 1500 ? 1 : 0));
      expect(meanPValue(cut, share, Math.sqrt(share * (1 - share))), `seed ${seed}`).toBeGreaterThan(level);
    }
  });

  test("without variation are the mean, rounded", () => {
    expect(new Set(drawn({ distribution: "lognormal", mean: 12.4, cv: 0, max: 99 }))).toEqual(new Set([12]));
  });

  test.each([
    [{ mean: 0.5 }, "mean"],
    [{ mean: 10, cv: -1 }, "cv"],
    [{ mean: 10, cv: 1e200 }, "cv"],
    [{ mean: 10, max: 0 }, "max"],
    [{ mean: 10, max: 2.5 }, "max"],
    [{}, "mean"],
  ])("are refused with %j", (options, key) => {
    expect(read({ distribution: "lognormal", ...options }).error?.issues[0]?.path).toEqual([key]);
  });
});

describe("empirical lengths", () => {
  const values = [3, 10, 11, 400];

  test.each([
    ["equal without weights", undefined, [0.25, 0.25, 0.25, 0.25]],
    ["as weighted", [1, 2, 3, 4], [0.1, 0.2, 0.3, 0.4]],
    ["never where the weight is 0", [0, 1, 0, 3], [0, 0.25, 0, 0.75]],
    ["never where the last weight is 0", [1, 1, 2, 0], [0.25, 0.25, 0.5, 0]],
  ])(`come %s (${seeds} seeds of ${draws}, chi-square at ${100 * level} % each)`, (_, weights, shares) => {
    for (let seed = 0; seed < seeds; seed++) {
      const sample = drawn({ distribution: "empirical", values, ...(weights && { weights }) }, seed);
      const counts = values.map((value) => sample.filter((one) => one === value).length);
      expect(counts.reduce((a, b) => a + b)).toBe(draws);
      shares.forEach((share, place) => {
        if (share === 0) expect(counts[place]).toBe(0);
      });
      const statistic = shares.reduce(
        (sum, share, place) => (share === 0 ? sum : sum + (counts[place]! - share * draws) ** 2 / (share * draws)),
        0,
      );
      const degrees = shares.filter((share) => share > 0).length - 1;
      expect(chiSquareSurvival(statistic, degrees), `seed ${seed}`).toBeGreaterThan(level);
    }
  });

  test.each([
    ["no value", { values: [] }, ["values"]],
    ["a value of 0", { values: [5, 0] }, ["values", 1]],
    ["half a token", { values: [5.5] }, ["values", 0]],
    ["fewer weights than values", { values: [5, 6], weights: [1] }, ["weights"]],
    ["no weight above 0", { values: [5, 6], weights: [0, 0] }, ["weights"]],
    ["a negative weight", { values: [5, 6], weights: [1, -1] }, ["weights", 1]],
  ])("are refused with %s", (_, options, path) => {
    expect(read({ distribution: "empirical", ...options }).error?.issues[0]?.path).toEqual(path);
  });
});
