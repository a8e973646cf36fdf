import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { accelerators } from "../../src/bounds/accelerators.ts";
import { architectures } from "../../src/bounds/architectures.ts";
import { scenarioJsonSchema } from "../../src/scenario/schema.ts";
import { policies } from "../../src/serving/policies.ts";
import { routers } from "../../src/serving/routers.ts";
import { arrivals } from "../../src/workload/arrivals.ts";
import { lengths } from "../../src/workload/lengths.ts";
import { traceFormats } from "../../src/workload/traces.ts";
import { shipped } from "../scenario/scenarios.ts";
import { batchyard } from "./batchyard.ts";

const named = [
  ...Object.keys(architectures),
  ...Object.keys(accelerators),
  ...policies.names,
  ...routers.names,
  ...arrivals.names,
  ...lengths.names,
  ...Object.keys(traceFormats),
  ...shipped.map(({ name }) => name),
];

describe("batchyard catalog", () => {
  test("lists all that a scenario can name, each on a line of its own", async () => {
    const { output, errors, exitCode } = await batchyard("catalog");
    expect([errors, exitCode]).toEqual(["", 0]);
    const first = output.split("\n").map((line) => line.trim().split(" ")[0]);
    expect(named.filter((name) => !first.includes(name))).toEqual([]);
  });

  test("shows the precision that weights are held in", async () => {
    const { output } = await batchyard("catalog");
    expect(output).toMatch(/^ {2}llama-3-70b .* 16-bit /m);
    expect(output).toMatch(/^ {2}llama-3-70b-int4 .* 4-bit /m);
    expect(output).not.toMatch(/NaN|undefined| 0 TFLOP/);
  });

  test("gives every figure and its source as JSON", async () => {
    const catalog = JSON.parse((await batchyard("catalog", "--json")).output);
    expect(catalog.models).toEqual(JSON.parse(JSON.stringify(architectures)));
    expect(catalog.accelerators).toEqual(JSON.parse(JSON.stringify(accelerators)));
    expect(catalog.scenarios).toEqual(shipped.map(({ name }) => name));
    for (const { source } of Object.values<{ source: string }>(catalog.models))
      expect(source.length).toBeGreaterThan(5);
  });
});

test("batchyard schema prints the JSON Schema of scenarios", async () => {
  const { output, errors, exitCode } = await batchyard("schema");
  expect([errors, exitCode]).toEqual(["", 0]);
  expect(JSON.parse(output)).toEqual(JSON.parse(JSON.stringify(scenarioJsonSchema())));
});

test("batchyard --version prints the package's version", async () => {
  const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
  expect(await batchyard("--version")).toEqual({ output: `${version}\n`, errors: "", exitCode: 0 });
});

test("batchyard --help prints the commands there are", async () => {
  const { output, errors, exitCode } = await batchyard("--help");
  expect([errors, exitCode]).toEqual(["", 0]);
  for (const command of ["run", "validate", "schema", "catalog", "bound"]) expect(output).toContain(`  ${command} `);
});
