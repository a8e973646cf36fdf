import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { parseScenario } from "../../src/scenario/read.ts";
import { runPlan } from "../../src/scenario/run-plan.ts";
import { scenarioJsonSchema } from "../../src/scenario/schema.ts";
import { arrivals } from "../../src/workload/arrivals.ts";
import { traceFormats } from "../../src/workload/traces.ts";
import { edited, shipped, small, withPublicTrace } from "./scenarios.ts";

const complete = shipped.filter(({ name }) => !withPublicTrace.includes(name));

test("the scenarios that the project promises are there", () => {
  expect(shipped.map(({ name }) => name)).toEqual(
    expect.arrayContaining([
      "default",
      "saturated",
      "poisson-moderate",
      "poisson-saturation",
      "azure-conversation",
      "mooncake",
      "mixture-of-experts",
      "two-stages",
      "palm-tpu-v4",
    ]),
  );
});

describe.each(shipped)("the scenario $name", ({ name, path, text }) => {
  test("is named as its file, and says what to watch", () => {
    const scenario = parseScenario(text, path);
    expect(scenario.name).toBe(name);
    expect(scenario.description?.length).toBeGreaterThan(10);
    expect(text).toMatch(/^# /);
  });
});

describe.each(complete)("the scenario $name", ({ path, text }) => {
  test("can be run", () => {
    const { deployment } = runPlan(parseScenario(text, path), { scenarioFile: path });
    expect(deployment.kvCapacityTokens).toBeGreaterThan(0);
  });
});

describe.each(shipped.filter(({ name }) => withPublicTrace.includes(name)))("the scenario $name", ({ path, text }) => {
  test("says where to get its trace and what its columns are", () => {
    const scenario = parseScenario(text, path);
    const { arrivals } = scenario.workload;
    if (arrivals?.process !== "trace") throw new Error("replays no trace");
    const { source, columns } = traceFormats[arrivals.format as keyof typeof traceFormats];
    expect(() => runPlan(scenario, { scenarioFile: path })).toThrow(source);
    expect(() => runPlan(scenario, { scenarioFile: path })).toThrow(columns);
    expect(() => runPlan(scenario, { scenarioFile: path })).toThrow(/--trace FILE.*BATCHYARD_TRACES/);
  });
});

describe("the JSON Schema", () => {
  const schema = z.fromJSONSchema(scenarioJsonSchema() as Parameters<typeof z.fromJSONSchema>[0]);

  test.each(shipped)("accepts $name as it is written", ({ text }) => {
    expect(schema.safeParse(parse(text)).error?.issues ?? []).toEqual([]);
  });

  test.each([
    ["an unknown key", "rate: 40/s", "rate: 40/s, x: 1"],
    ["an unknown process", "process: poisson", "process: poison"],
    ["a part that is missing", "accelerator: h100\n", ""],
    ["a number that is no whole one", "accelerators: 1 ", "accelerators: 1.5 "],
    ["an unknown key of an inline model", "model: llama-3-8b", "model: { extends: llama-3-8b, layerz: 3 }"],
  ])("refuses %s", (_, piece, replacement) => {
    expect(schema.safeParse(parse(edited(small, piece, replacement))).success).toBe(false);
  });

  test("names every arrival process, and describes quantities", () => {
    const text = JSON.stringify(scenarioJsonSchema());
    for (const name of arrivals.names) expect(text).toContain(`"const":"${name}"`);
    expect(text).toContain("a plain number in SI units");
  });
});
