import { describe, expect, test } from "vitest";
import type { ExplainReport } from "../../src/experiment/explain.ts";
import { replaying, small, temporaryFile } from "../scenario/scenarios.ts";
import { batchyard } from "./batchyard.ts";

const scenario = (text = small) => temporaryFile("small.yaml", text);

/** The JSON report of a command that went well. */
async function reportOf(...words: readonly string[]): Promise<ExplainReport> {
  const { output, errors, exitCode } = await batchyard("explain", ...words, "--json");
  expect([errors, exitCode]).toEqual(["", 0]);
  return JSON.parse(output);
}

describe("batchyard explain", () => {
  test("prints the ledger and the waterfall of a file, or of a scenario that comes with it", async () => {
    const { output, errors, exitCode } = await batchyard("explain", scenario());
    expect([errors, exitCode]).toEqual(["", 0]);
    expect(output).toMatch(/^small\n {2}Llama 3 8B on 1 × H100/);
    expect(output).toMatch(/Useful decode +[\d.]+ /);
    expect(output).toMatch(/frontier: .*\$ +█/);
    expect((await batchyard("explain", "default", "--limit", "20")).output).toMatch(/^default: Llama 3 70B/);
  });

  test("--json prints the same to the last byte for the same scenario and seed", async () => {
    const file = scenario();
    const { output } = await batchyard("explain", file, "--json");
    expect((await batchyard("explain", file, "--json", "--seed", "1")).output).toBe(output);
    const { ledger } = JSON.parse(output) as ExplainReport;
    const sum = ledger.causes.reduce((all, { acceleratorSeconds }) => all + acceleratorSeconds, 0);
    expect(Math.abs(sum / ledger.acceleratorSeconds - 1)).toBeLessThan(1e-12);
  });

  test("--seed and --limit stand in for the scenario's own", async () => {
    const file = scenario();
    const one = await reportOf(file);
    const two = await reportOf(file, "--seed", "2", "--limit", "5");
    expect([one.requests.finished, two.requests.finished]).toEqual([10, 5]);
    expect([one.seed, two.seed]).toEqual([1, 2]);
  });

  test("--trace replays another file", async () => {
    const file = scenario(replaying("x.csv"));
    const trace = temporaryFile("other.csv", "arrival_s,input_tokens,output_tokens\n0,10,2\n1,10,3\n2,10,4\n");
    const { ledger } = await reportOf(file, "--trace", trace);
    expect(ledger.outputTokens).toBe(9);
  });

  test("refuses what it cannot read", async () => {
    const { errors, exitCode } = await batchyard("explain", scenario(), "--limit", "0");
    expect(exitCode).toBe(2);
    expect(errors).toContain("--limit");
  });
});
