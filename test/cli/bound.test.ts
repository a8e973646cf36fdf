import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { golden, parity, relativeError } from "../bounds/golden.ts";
import { temporaryFile } from "../scenario/scenarios.ts";
import { batchyard } from "./batchyard.ts";

const cases = fileURLToPath(new URL("../golden/token-latency.json", import.meta.url));
const deployment = ["--model", "llama-3-70b", "--accelerator", "h100", "--batch", "64", "--context", "1000"];

describe("batchyard bound --cases", () => {
  test("prints the published seconds of every case, in order", async () => {
    const published = golden<readonly { readonly seconds: number | null }[]>("token-latency");
    const { output, errors, exitCode } = await batchyard("bound", "--cases", cases, "--json");
    expect([errors, exitCode]).toEqual(["", 0]);
    const seconds: (number | null)[] = JSON.parse(output);
    expect(seconds).toHaveLength(published.length);
    expect(published.some((row) => row.seconds === null)).toBe(true);
    published.forEach((row, index) => {
      expect(relativeError(seconds[index]!, row.seconds), `case ${index}`).toBeLessThan(parity);
    });
  });

  test("prints the array without being told that it is JSON, and an empty one for none", async () => {
    const first = (await batchyard("bound", "--cases", cases)).output;
    expect(first).toBe((await batchyard("bound", "--cases", cases, "--json")).output);
    expect((await batchyard("bound", "--cases", temporaryFile("none.json", "[]"))).output.trim()).toBe("[]");
  });
});

describe("batchyard bound --model", () => {
  test("prints the parts of a token's time", async () => {
    const { output, errors, exitCode } = await batchyard("bound", ...deployment);
    expect([errors, exitCode]).toEqual(["", 0]);
    for (const part of ["Compute", "Memory", "Network latency", "Network bandwidth", "Kernel launches", "A token"]) {
      expect(output).toMatch(new RegExp(`^ {2}${part} +[\\d.]+ (ms|µs)`, "m"));
    }
  });

  test("prints the same as JSON", async () => {
    const { output } = await batchyard("bound", ...deployment, "--tensor-parallel", "1d", "--stages", "2", "--json");
    expect(JSON.parse(output)).toMatchObject({
      model: "Llama 3 70B",
      accelerators: 8,
      batch: 64,
      contextTokens: 1000,
      layout: { tensorParallel: "1d", tensorRanks: 4, pipelineStages: 2 },
    });
  });
});
