import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { RunReport } from "../../src/experiment/run-report.ts";
import { requestsCsvHeader } from "../../src/report/requests-csv.ts";
import { timelineCsvHeader } from "../../src/report/timeline-csv.ts";
import { edited, replaying, small, temporaryFile, temporaryFolder, twoClasses } from "../scenario/scenarios.ts";
import { batchyard } from "./batchyard.ts";

const scenario = (text = small) => temporaryFile("small.yaml", text);
const trace = "arrival_s,input_tokens,output_tokens\n0,10,2\n1,10,3\n2,10,4\n";

/** The JSON report of a run that went well. */
async function reportOf(...words: readonly string[]): Promise<RunReport> {
  const { output, errors, exitCode } = await batchyard("run", ...words, "--json");
  expect([errors, exitCode]).toEqual(["", 0]);
  return JSON.parse(output);
}

/** Paths at which two reports differ, with how much where both are numbers. */
function differences(one: unknown, other: unknown, path = ""): [string, number][] {
  if (one === other) return [];
  if (typeof one === "number" && typeof other === "number") {
    return [[path, Math.abs(one - other) / Math.max(Math.abs(one), Math.abs(other))]];
  }
  if (typeof one !== "object" || typeof other !== "object" || one === null || other === null) {
    return [[path, Number.POSITIVE_INFINITY]];
  }
  const keys = new Set([...Object.keys(one), ...Object.keys(other)]);
  return [...keys].flatMap((key) =>
    differences((one as Record<string, unknown>)[key], (other as Record<string, unknown>)[key], `${path}.${key}`),
  );
}

describe("batchyard run", () => {
  test("prints the report of a file, or of a scenario that comes with it", async () => {
    const { output, errors, exitCode } = await batchyard("run", scenario());
    expect([errors, exitCode]).toEqual(["", 0]);
    expect(output).toMatch(/^small\n {2}Llama 3 8B on 1 × H100/);
    expect((await batchyard("run", "default", "--limit", "20")).output).toMatch(/^default: Llama 3 70B/);
  });

  test("prints no escape code where nobody watches", async () => {
    const { output } = await batchyard("run", scenario());
    expect(output).not.toContain("\u001b");
  });

  test("--json prints the same to the last byte for the same scenario and seed", async () => {
    const file = scenario(edited(small, "requests: 10", "requests: 500"));
    const first = await batchyard("run", file, "--json");
    expect(JSON.parse(first.output).requests.finished).toBe(500);
    expect((await batchyard("run", file, "--json")).output).toBe(first.output);
    expect((await batchyard("run", file, "--json", "--seed", "1")).output).toBe(first.output);
    expect((await batchyard("run", file, "--json", "--no-live")).output).toBe(first.output);
  });

  test("--mode step gives the same within 1e-9", async () => {
    for (const text of [
      edited(small, "requests: 10", "requests: 300"),
      edited(small, ", requests: 10", ", horizon: 3"),
    ]) {
      const file = scenario(text);
      const different = differences(await reportOf(file), await reportOf(file, "--mode", "step"));
      expect(different.filter(([, relative]) => relative > 1e-9)).toEqual([]);
    }
  });

  test("--seed takes another seed, a number or a word", async () => {
    const file = scenario();
    const one = await reportOf(file);
    const two = await reportOf(file, "--seed", "2");
    const word = await reportOf(file, "--seed", "two");
    expect([one.seed, two.seed, word.seed]).toEqual([1, 2, "two"]);
    const seconds = [one, two, word].map(({ simulatedSeconds }) => simulatedSeconds);
    expect(new Set(seconds).size).toBe(3);
  });

  test("--limit ends arrivals", async () => {
    expect((await reportOf(scenario(), "--limit", "3")).requests.offered).toBe(3);
  });

  test("--horizon ends the run", async () => {
    const report = await reportOf("poisson-saturation", "--horizon", "1500 ms");
    expect([report.simulatedSeconds, report.ended]).toEqual([1.5, "horizon"]);
  });

  test("--trace replays another file", async () => {
    const file = scenario(replaying("x.csv"));
    const other = temporaryFile("other.csv", trace);
    expect(await reportOf(file, "--trace", other)).toMatchObject({ requests: { finished: 3 }, tokens: { output: 9 } });
  });

  test("--output writes the report, and prints nothing", async () => {
    const file = scenario();
    const path = join(temporaryFolder(), "report.json");
    const printed = await batchyard("run", file, "--json");
    expect(await batchyard("run", file, "--json", "--output", path)).toEqual({ output: "", errors: "", exitCode: 0 });
    expect(readFileSync(path, "utf8")).toBe(printed.output);
  });

  test("--requests writes a line for each request beside the report", async () => {
    const path = join(temporaryFolder(), "requests.csv");
    const { output } = await batchyard("run", scenario(), "--requests", path);
    expect(output).toMatch(/^small\n/);
    const lines = readFileSync(path, "utf8").trim().split("\n");
    expect(`${lines[0]}\n`).toBe(requestsCsvHeader);
    expect(lines.slice(1).map((line) => line.split(",")[0])).toEqual([..."0123456789"]);
    expect(lines.slice(1).every((line) => line.endsWith(",0,finished,"))).toBe(true);
  });

  test("--timeline writes a line for each window, and changes nothing of the report", async () => {
    const path = join(temporaryFolder(), "timeline.csv");
    const file = scenario(twoClasses);
    const { output } = await batchyard("run", file, "--timeline", path, "--window", "500 ms", "--horizon", "1750 ms");
    expect(output).toBe((await batchyard("run", file, "--horizon", "1750 ms")).output);
    const lines = readFileSync(path, "utf8").trim().split("\n");
    expect(`${lines[0]}\n`).toBe(timelineCsvHeader);
    expect(lines.slice(1).map((line) => line.split(",").slice(0, 2).map(Number))).toEqual([
      [0, 0.5],
      [0.5, 1],
      [1, 1.5],
      [1.5, 1.75],
    ]);
  });

  test("--timeline has windows of 10 s unless said, beside --requests", async () => {
    const folder = temporaryFolder();
    const [timeline, requests] = [join(folder, "timeline.csv"), join(folder, "requests.csv")];
    await batchyard("run", "poisson-saturation", "--horizon", "25", "--timeline", timeline, "--requests", requests);
    const rows = readFileSync(timeline, "utf8")
      .trim()
      .split("\n")
      .slice(1)
      .map((line) => line.split(",").map(Number));
    expect(rows.map((row) => row[1])).toEqual([10, 20, 25]);
    const offered = readFileSync(requests, "utf8").trim().split("\n").length - 1;
    expect(rows.reduce((sum, row) => sum + row[2]!, 0)).toBe(offered);
  });

  test("writes neither file where one of them cannot be written", async () => {
    const folder = temporaryFolder();
    const output = join(folder, "report.txt");
    writeFileSync(output, "old");
    const { exitCode } = await batchyard("run", scenario(), "--output", output, "--requests", join(folder, "no", "x"));
    expect(exitCode).toBe(2);
    expect(readFileSync(output, "utf8")).toBe("old");
    expect(readdirSync(folder)).toEqual(["report.txt"]);
  });
});

describe("batchyard validate", () => {
  test("says what a scenario is, without running it", async () => {
    expect(await batchyard("validate", scenario())).toEqual({
      output: "small is valid: Llama 3 8B on 1 × H100, KV cache 487,823 tokens, 10 requests\n",
      errors: "",
      exitCode: 0,
    });
  });

  test("reads the trace too", async () => {
    const file = scenario(replaying("x.csv").replace(", requests: 10", ""));
    const path = temporaryFile("other.csv", trace);
    expect((await batchyard("validate", file, "--trace", path)).output).toContain(", 3 requests\n");
    const malformed = temporaryFile("bad.csv", `${trace}3,0,1\n`);
    expect((await batchyard("validate", file, "--trace", malformed)).errors).toContain("bad.csv:5: input_tokens");
  });
});
