import { describe, expect, test } from "vitest";
import type { CheckReport } from "../../src/experiment/check.ts";
import { edited, small, temporaryFile } from "../scenario/scenarios.ts";
import { batchyard } from "./batchyard.ts";

/** One request at a time, each of 0.1 s, at about half of capacity. */
const alone = edited(
  edited(edited(small, "maxSequences: 4", "maxSequences: 1"), "requests: 10", "requests: 500"),
  "rate: 40/s",
  "rate: 5/s",
);
const scenario = (text = alone) => temporaryFile("alone.yaml", text);
const few = ["--runs", "12", "--tpot", "0.2", "--ttft", "0.5"] as const;

describe("batchyard check", () => {
  test("prints what was predicted beside what runs say, and its progress on stderr alone", async () => {
    const { output, errors, exitCode } = await batchyard("check", scenario(), ...few);
    expect(exitCode).toBe(0);
    expect(output).toMatch(/^small: \d+ independent runs of seed 1/);
    expect(output).toMatch(/M\/D\/1 +wait +exact +.* ms .* to .* agrees/);
    expect(output).not.toContain("run 10 of");
    expect(errors).toMatch(/^small: run 10 of about \d+\n/);
  });

  test("--json prints the same figures in SI units, every one with its interval", async () => {
    const { output } = await batchyard("check", scenario(), "--json", ...few);
    const report: CheckReport = JSON.parse(output);
    expect(report).toMatchObject({ scenario: "small", seed: 1, stability: "stationary", passed: true });
    for (const [name, interval] of Object.entries(report.measured!)) {
      expect(interval, name).toMatchObject({ groups: expect.any(Number), trusted: expect.any(Boolean) });
      expect(interval.low!, name).toBeLessThanOrEqual(interval.value!);
      expect(interval.high!, name).toBeGreaterThanOrEqual(interval.value!);
    }
    expect(report.comparisons.some(({ claim }) => claim === "exact")).toBe(true);
  });

  test("--seed and --limit stand in place of the scenario's own", async () => {
    const told = async (...words: string[]) =>
      JSON.parse((await batchyard("check", ...words, "--json", ...few)).output);
    const seeded = await told(scenario(), "--seed", "7", "--limit", "300");
    expect(seeded).toMatchObject({ seed: 7 });
    expect(seeded).toEqual(await told(scenario(edited(edited(alone, "seed: 1", "seed: 7"), "500", "300"))));
  });

  test("ends with 1 where an exact figure is contradicted, here by chance: next to no confidence is asked of many a seed", async () => {
    const exitCodes: number[] = [];
    for (let seed = 8; seed <= 10; seed++) {
      const flags = ["--seed", String(seed), "--family-level", "0.0001"];
      const { output, exitCode } = await batchyard("check", scenario(), ...flags, ...few);
      expect(output).toContain(exitCode === 1 ? "SOMETHING IS CONTRADICTED." : "Nothing is contradicted.");
      exitCodes.push(exitCode);
    }
    expect(new Set(exitCodes)).toEqual(new Set([0, 1]));
  });

  test("an unstable scenario is no contradiction", async () => {
    const { output, exitCode } = await batchyard("check", scenario(edited(alone, "rate: 5/s", "rate: 15/s")), ...few);
    expect(output).toContain("UNSTABLE: the backlog grows");
    expect(exitCode).toBe(0);
  });

  test("refuses what cannot be asked", async () => {
    for (const [words, reason] of [
      [[], "needs a scenario"],
      [[scenario(), "--suite"], "says itself what"],
      [[scenario(), "--level", "1"], "expected a number above 0 and below 1"],
      [[scenario(), "--runs", "0"], "expected a whole number from 1 up"],
      [["no-such-scenario"], "there is no such scenario"],
    ] as const) {
      const { output, errors, exitCode } = await batchyard("check", ...words);
      expect([output, exitCode]).toEqual(["", 2]);
      expect(errors).toContain(reason);
    }
  });
});
