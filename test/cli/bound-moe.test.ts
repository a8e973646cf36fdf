import { describe, expect, test } from "vitest";
import type { MoeReport } from "../../src/experiment/moe-report.ts";
import { batchyard } from "./batchyard.ts";

const question = ["--moe", "--model", "deepseek-v3", "--accelerators", "16", "--batches", "1,32", "--zipf", "0.6"];

describe("batchyard bound --moe", () => {
  test("prints expert choice by batch, each figure with its unit", async () => {
    const { output, errors, exitCode } = await batchyard("bound", ...question);
    expect([errors, exitCode]).toEqual(["", 0]);
    expect(output).toContain("DeepSeek-V3 on 16 × H100");
    expect(output).toMatch(
      /tokens +per layer +per layer +per layer +experts +% off exact +% off uniform +experts +× even/,
    );
    expect(output).toMatch(/^ {2}32 +141 +29\.4 +5\.42 +163 +0 +-13\.6 +15\.5 +1\.76 +4\.14$/m);
    expect(output).not.toMatch(/NaN|undefined| $/m);
    expect(Math.max(...output.split("\n").map((line) => line.length))).toBeLessThanOrEqual(120);
  });

  test("prints the same as JSON", async () => {
    const report: MoeReport = JSON.parse((await batchyard("bound", ...question, "--json")).output);
    expect(report.rows.map(({ batch }) => batch)).toEqual([1, 32]);
    expect(report.rows[0]!.distinctMean).toBeCloseTo(8, 12);
    expect(report.popularity).toEqual({ kind: "zipf", exponent: 0.6 });
  });

  test("refuses a dense model, and batches that are none", async () => {
    const dense = await batchyard("bound", "--moe", "--model", "llama-3-70b");
    expect([dense.exitCode, dense.errors]).toEqual([2, expect.stringContaining("Llama 3 70B is dense")]);
    expect((await batchyard("bound", "--moe", "--batches", "1,x")).exitCode).toBe(2);
  });
});
