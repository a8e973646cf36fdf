import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { golden, parity, relativeError } from "../bounds/golden.ts";
import { batchyard } from "./batchyard.ts";

describe("batchyard frontier", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "frontier-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  test("draws a preset of the paper, by its published name too", async () => {
    const { output, exitCode } = await batchyard("frontier", "quantization_comparison", "--json");
    expect(exitCode).toBe(0);
    const report = JSON.parse(output);
    expect(report.curves.map((curve: { points: unknown[] }) => curve.points.length)).toEqual([204, 208, 205]);
  });

  test("draws the exact frontier of a model, with a picture", async () => {
    const file = join(folder, "frontier.svg");
    const words = ["--model", "llama-3-8b", "--weight-bits", "8", "--context", "2000", "--grid", "exact"];
    const limits = ["--max-accelerators", "16", "--demand", "20000", "--min-speed", "30"];
    const { output, exitCode } = await batchyard("frontier", ...words, ...limits, "--json", "--svg", file);
    expect(exitCode).toBe(0);
    const [curve] = JSON.parse(output).curves;
    expect(curve).toMatchObject({ weightBits: 8, contextTokens: 2_000 });
    expect(curve.points.length).toBeGreaterThan(2);
    for (const { replicas, accelerators } of curve.points) expect(replicas * accelerators).toBeLessThanOrEqual(16);
    expect(readFileSync(file, "utf8")).toMatch(/^<svg/);
  });

  test.each([
    [[], /needs a preset or a model/],
    [["nonsense"], /unknown preset "nonsense".*llama-comparison/],
    [["tpu-test", "--context", "5"], /what --context would/],
    [["--model", "llama-3-70b-int4", "--accelerator", "a100"], /A100 has no figure for 4-bit weights/],
    [["--model", "llama-3-70b", "--max-accelerators", "8"], /--grid exact/],
    [["--model", "llama-3-70b", "--acceptance", "0.5"], /--draft: is needed/],
    [["--model", "llama-3-70b", "--draft", "llama-3-8b", "--acceptance", "1"], /acceptance: 1 is not a probability/],
    [["--model", "llama-3-70b", "--context", "-5"], /--context/],
  ])("answers %j with one clear message", async (words, message) => {
    const { output, errors, exitCode } = await batchyard("frontier", ...words);
    expect(errors).toMatch(message);
    expect(output).toBe("");
    expect(exitCode).toBe(2);
  });

  test("bound --cases takes the rows of speculative decoding", async () => {
    const rows = golden<{ seconds_per_token: number | null }[]>("speculative");
    const file = join(folder, "cases.json");
    writeFileSync(file, JSON.stringify(rows));
    const seconds: (number | null)[] = JSON.parse((await batchyard("bound", "--cases", file, "--json")).output);
    seconds.forEach((value, index) => {
      expect(relativeError(value, rows[index]!.seconds_per_token)).toBeLessThanOrEqual(parity);
    });
  });

  test("bound --toy prints the laws and PaLM's measurements", async () => {
    const { output } = await batchyard("bound", "--toy", "--json");
    const report = JSON.parse(output);
    expect(report.laws).toHaveLength(3);
    expect(report.palm.rows).toHaveLength(4);
    expect((await batchyard("bound", "--toy")).output).toContain("Pope et al. 2022");
  });

  test("load prints the operating point of a scenario", async () => {
    const report = JSON.parse((await batchyard("load", "default", "--json")).output);
    expect(report).toMatchObject({ scenario: "default", overload: false });
    expect(report.utilisation).toBeGreaterThan(0);
  });
});
