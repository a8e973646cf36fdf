import { describe, expect, test } from "vitest";
import { runSuite, type SuiteOptions, type SuiteReport } from "../../src/experiment/suite.ts";
import { synchronousPace } from "../../src/kernel/pace.ts";
import { suiteText } from "../../src/report/suite-text.ts";
import { halfStepShift, lostPreemption, type Mutant, oneStepLate, strandedQueue, untoldPreemption } from "./mutants.ts";

/** A shorter form of `check --suite`, at the same confidence of 99 % for all its figures together. */
const short: SuiteOptions = { loads: [0.5, 0.9], runs: 10, requests: 6_000, pace: synchronousPace };

/** Enough to find a fault. */
const shorter: SuiteOptions = {
  ...short,
  loads: [0.7],
  requests: 4_000,
  only: ({ name }) => /^(M\/D\/1: one|capped batching, constant|preemption)/.test(name),
};

const failing = ({ cases }: SuiteReport): string[] =>
  cases.flatMap(({ oracle, comparisons, laws }) => [
    ...comparisons.filter(({ verdict }) => verdict !== "agrees").map(({ quantity }) => `${oracle}: ${quantity}`),
    ...laws.filter(({ holds }) => !holds).map(({ law }) => `${oracle}: ${law}`),
  ]);

describe("the suite of exact oracles", () => {
  test("passes: loads 0.5 and 0.9, 10 runs of 6,000 requests, 99 % for all figures together", async () => {
    const report = await runSuite(short);
    expect(failing(report)).toEqual([]);
    expect(report.passed).toBe(true);
    expect(report.tested).toBe(report.cases.reduce((sum, { comparisons }) => sum + comparisons.length, 0));
    expect(report.cases.length).toBe(16);
    expect(suiteText(report)).toContain("The suite passes at 99.0 %.");
  });

  test("tells its progress, and draws the same from the same seed", async () => {
    const seen: string[] = [];
    const options = { ...shorter, onProgress: (oracle: string) => seen.push(oracle) };
    const one = await runSuite(options);
    expect(seen.length).toBe(3 * 10);
    expect(seen[0]).toBe("M/D/1: one sequence at a time, equal requests, load 0.7");
    expect(await runSuite(shorter)).toEqual(one);
    expect((await runSuite({ ...shorter, seed: 2 })).cases[0]).not.toEqual(one.cases[0]);
  });
});

describe("faults that the suite finds", () => {
  test("there are none in the simulator as it is", async () => {
    expect((await runSuite(shorter)).passed).toBe(true);
  });

  test.each<[string, Mutant, RegExp]>([
    ["a stranded queue", strandedQueue, /M\/D\/1.*: wait$/],
    ["first tokens half a step early", halfStepShift, /capped batching.*: tokenTime$/],
    ["an arrival that joins a step late", oneStepLate, /capped batching.*: wait$/],
    ["a preemption that nobody is told of", untoldPreemption, /preemption.*: Little's law/],
    ["a preempted sequence that is lost", lostPreemption, /preemption.*: a run that ends by itself/],
  ])("%s", async (_, plan, where) => {
    const report = await runSuite({ ...shorter, plan });
    expect(report.passed).toBe(false);
    expect(failing(report)).toContainEqual(expect.stringMatching(where));
    expect(suiteText(report)).toContain("The suite FAILS at 99.0 %.");
  });
});
