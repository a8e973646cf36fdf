import { describe, expect, test } from "vitest";
import { type CheckReport, check } from "../../src/experiment/check.ts";
import { defaultPrecision, type Precision } from "../../src/experiment/study.ts";
import { synchronousPace } from "../../src/kernel/pace.ts";
import { checkText } from "../../src/report/check-text.ts";
import { parseScenario } from "../../src/scenario/read.ts";
import { edited, small } from "../scenario/scenarios.ts";
import { strandedQueue } from "./mutants.ts";

/** One request at a time, each of 0.1 s: M/D/1 at about half of capacity. */
const alone = edited(
  edited(edited(small, "maxSequences: 4", "maxSequences: 1"), "requests: 10", "requests: 2000"),
  "40/s",
  "5/s",
);

/** Few and short runs, known to within a fifth. */
const loose: Precision = { ...defaultPrecision, meanTpot: 0.2, p99Ttft: 0.2, budget: { minimum: 10, maximum: 40 } };

const checked = (text: string, options: Partial<Parameters<typeof check>[1]> = {}) =>
  check(parseScenario(text), { pace: synchronousPace, precision: loose, ...options });

const verdictsOf = ({ comparisons }: CheckReport, name: string) =>
  comparisons.filter(({ prediction }) => prediction === name).map(({ verdict }) => verdict);

describe("check", () => {
  test("holds exact predictions, approximations and laws against runs", async () => {
    const report = await checked(alone);
    expect(report).toMatchObject({ stability: "stationary", ended: "reached", passed: true, unsettled: 0 });
    expect(verdictsOf(report, "M/D/1")).toEqual(new Array(15).fill("agrees"));
    const claims = report.comparisons.filter(({ prediction }) => prediction === "M/D/1").map(({ claim }) => claim);
    expect(claims).toEqual(new Array(15).fill("exact"));
    expect(new Set(verdictsOf(report, "Kingman (GI/G/1)"))).toEqual(new Set(["agrees"]));
    expect(report.laws.map(({ holds }) => holds)).toEqual([true, true, true, true]);
    expect(report.inapplicable.length).toBeGreaterThan(5);
    const { meanTpotSeconds, p99TtftSeconds } = report.measured!;
    for (const { value, low, high } of [meanTpotSeconds!, p99TtftSeconds!]) {
      expect((high! - low!) / 2 / value!).toBeLessThanOrEqual(0.2);
    }
  });

  test("every figure of the text has its interval, and every approximation what it is off by", async () => {
    const text = checkText(await checked(alone));
    for (const line of text
      .split("\n")
      .filter((one) => /^ {4}(TTFT|TPOT|E2E|batch|queue|busy|requests|output)/.test(one))) {
      expect(line).toMatch(/ to /);
    }
    expect(text).toMatch(/approximation {2,}.*approximation off by [+-]/);
    expect(text).toContain("Holm's procedure at 99.0 % for all of them together");
    expect(text).toContain("Nothing is contradicted.");
    expect(text).not.toMatch(/NaN|Infinity|undefined/);
  });

  test("a fault in the simulator contradicts what is exact", async () => {
    const report = await checked(alone, { plan: strandedQueue });
    expect(report.passed).toBe(false);
    const differing = report.comparisons.filter(({ verdict }) => verdict === "differs");
    expect(differing.map(({ quantity }) => quantity)).toContain("waitProbability");
    expect(checkText(report)).toContain("SOMETHING IS CONTRADICTED.");
    expect(checkText(report)).toMatch(/waitProbability.*DIFFERS/);
  });

  test("runs in which the batch is still filling are refused with how many requests would do", async () => {
    const many = edited(edited(small, "maxSequences: 4", "maxSequences: 1000"), "tokens: 20", "tokens: 400");
    const short = checked(edited(many, "requests: 10", "requests: 60"));
    await expect(short).rejects.toThrow(
      /^run\.requests: 60: is too short for the long run: .* \(allowed: about \d+ or more\)$/,
    );
    const needed = /about (\d+) or more/.exec(String(await short.catch(String)))![1]!;
    expect((await checked(edited(many, "requests: 10", `requests: ${2 * Number(needed)}`))).stability).toBe(
      "stationary",
    );
  });

  test("what grows without end is UNSTABLE, after three runs and without figures", async () => {
    const report = await checked(edited(alone, "rate: 5/s", "rate: 12/s"));
    expect(report).toMatchObject({
      stability: "unstable",
      ended: "unstable",
      replications: 3,
      measured: null,
      comparisons: [],
    });
    expect(report.laws.every(({ holds }) => holds)).toBe(true);
    const text = checkText(report);
    expect(text).toContain("UNSTABLE");
    expect(text).not.toMatch(/p99|Predicted and simulated/);
  });

  test("where nothing is random one run says all", async () => {
    const closed = edited(alone, "{ process: poisson, rate: 5/s }", "{ process: closed-loop, users: 3 }");
    const report = await checked(edited(closed, "tokens: 100", "tokens: 1"));
    expect(report).toMatchObject({ ended: "single", replications: 1, passed: true });
    const batch = report.comparisons.find(({ quantity }) => quantity === "batch");
    expect(batch).toMatchObject({ predicted: 1, verdict: "agrees" });
    // The prompt's step reads no cache, so that the step at the mean context is not quite the mean step.
    const sojourn = report.comparisons.find(({ quantity }) => quantity === "sojourn");
    expect(sojourn).toMatchObject({ claim: "approximation", verdict: "off" });
    expect(Math.abs(sojourn!.error!)).toBeLessThan(1e-4);
  });

  test("what is not reached within the budget is said not to be", async () => {
    const strict = { ...loose, p99Ttft: 0.001, budget: { minimum: 10, maximum: 10 } };
    const report = await checked(edited(alone, "requests: 2000", "requests: 200"), { precision: strict });
    expect(report).toMatchObject({ ended: "budget spent", replications: 10 });
    expect(checkText(report)).toContain("were NOT reached");
    const hurried = await checked(alone, { precision: { ...loose, wallSeconds: 1e-9 } });
    expect(hurried).toMatchObject({ ended: "budget spent", replications: 1 });
  });

  test("requests that are turned away are in the denominators", async () => {
    const bounded = edited(alone, "workload:", "admission: { kind: bounded-queue, maxWaiting: 1 }\nworkload:");
    const report = await checked(bounded);
    const { servedShare, p99TtftSeconds } = report.measured!;
    expect(servedShare!.high).toBeLessThan(0.95);
    // More than one in a hundred is never served: the percentile is beyond any.
    expect(p99TtftSeconds!.value).toBeNull();
    expect(checkText(report)).toMatch(/TTFT, p99 +beyond any \(not served\)/);
  });

  test("the same scenario and seed say the same, another seed something else", async () => {
    const one = await checked(alone);
    expect(await checked(alone)).toEqual(one);
    expect((await checked(edited(alone, "seed: 1", "seed: 2"))).measured).not.toEqual(one.measured);
  });

  test("progress counts up", async () => {
    const seen: number[] = [];
    await checked(alone, {
      onProgress: ({ replications, of }) => seen.push(replications <= of ? replications : Number.NaN),
    });
    expect(seen).toEqual(seen.map((_, place) => place + 1));
    expect(seen.length).toBeGreaterThanOrEqual(15);
  });
});
