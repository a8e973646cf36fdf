import { describe, expect, test } from "vitest";
import { stepForecasts } from "../../src/bounds/moe/step-forecast.ts";
import { foretellScenario } from "../../src/experiment/check.ts";
import { servingShape } from "../../src/experiment/serving-shape.ts";
import { deploymentOf } from "../../src/scenario/deployment.ts";
import { parseScenario, readScenario } from "../../src/scenario/read.ts";
import type { Told } from "../../src/theory/catalogue/predictions.ts";
import type { ServingShape } from "../../src/theory/catalogue/shape.ts";
import { edited, shipped, small } from "../scenario/scenarios.ts";

const shapeOf = (text: string) => {
  const scenario = parseScenario(text);
  return servingShape(scenario, deploymentOf(scenario));
};

const told = (text: string) => foretellScenario(parseScenario(text)).filter((one): one is Told => "figures" in one);
const names = (text: string) => told(text).map(({ prediction }) => prediction.name);

const closedForm = "closed form at the load's own batch";
const quiet = edited(small, "rate: 40/s", "rate: 10/s");
const policy = "{ name: continuous, maxSequences: 4 }";
const oneToken = edited(
  quiet,
  "prompt: { distribution: constant, tokens: 100 }",
  "prompt: { distribution: constant, tokens: 1 }",
);
const geometric = edited(
  oneToken,
  "output: { distribution: constant, tokens: 20 }",
  "output: { distribution: geometric, mean: 20 }",
);

describe("a scenario as queueing theory sees it", () => {
  test.each([
    ["continuous", policy, { policy: "continuous", batchCap: 4, minimumBatch: 1 }],
    ["static", "{ name: static, maxSequences: 4 }", { policy: "static", batchCap: 4, minimumBatch: 1 }],
    [
      "dynamic",
      "{ name: dynamic, maxSequences: 4, minSequences: 3, timeout: 50 ms }",
      { policy: "dynamic", minimumBatch: 3, timeoutSeconds: 0.05 },
    ],
    ["prefill-first", "{ name: prefill-first, maxSequences: 4 }", { policy: "prefill-first", batchCap: 4 }],
    [
      "chunked-prefill",
      "{ name: chunked-prefill, maxSequences: 4, tokenBudget: 51 }",
      // About one sequence decodes beside the chunks.
      { policy: "chunked-prefill", chunkTokens: 50 },
    ],
  ])("%s batching", (_, replacement, part) => {
    expect(shapeOf(edited(quiet, policy, replacement))).toMatchObject({ ...part, firstComeFirstServed: true });
  });

  test.each([
    [
      "another order",
      `policy: ${policy}`,
      `policy: ${policy}\norder: { by: shortest-prompt }`,
      { firstComeFirstServed: false },
    ],
    [
      "a bounded queue",
      `policy: ${policy}`,
      `policy: ${policy}\nadmission: { kind: bounded-queue, maxWaiting: 5 }`,
      { otherLimits: true },
    ],
    [
      "a small cache",
      "{ accelerators: 1 }",
      "{ accelerators: 1, kvCache: { capacityTokens: 300 } }",
      { otherLimits: true, cacheTokens: 300 },
    ],
  ])("%s", (_, piece, replacement, part) => {
    expect(shapeOf(edited(quiet, piece, replacement))).toMatchObject(part);
  });

  test("a cache of blocks is not taken token by token", () => {
    expect(shapeOf(quiet)).toHaveProperty("cacheTokens");
    const blocks = edited(quiet, "{ accelerators: 1 }", "{ accelerators: 1, kvCache: { blockTokens: 16 } }");
    expect(shapeOf(blocks)).not.toHaveProperty("cacheTokens");
  });

  test("what it has no words for", () => {
    const drafted = `${quiet}speculation: { draft: llama-3-8b, acceptance: 0.8 }\n`;
    expect(shapeOf(drafted)).toMatch("drafts make a step give more than one token");
  });
});

describe("predictions are found for a scenario", () => {
  const waiting = ["wait", "queue", "batchStarted", "busyShare"];
  test.each<[string, string, string[]]>([
    [
      "continuous batching of geometric outputs",
      geometric,
      [
        "continuous batching, step by step",
        "continuous batching, birth–death",
        "operating point under load",
        closedForm,
      ],
    ],
    [
      "one at a time",
      edited(edited(quiet, "maxSequences: 4", "maxSequences: 1"), "rate: 10/s", "rate: 5/s"),
      ["M/D/1", "M/G/1", "Kingman (GI/G/1)", "prompts beside decodes (chunked or whole)", closedForm],
    ],
    [
      "whole batches",
      edited(quiet, policy, "{ name: static, maxSequences: 4 }"),
      ["bulk service M/D^[a,b]/1", closedForm],
    ],
    [
      "prompts first",
      edited(quiet, policy, "{ name: prefill-first, maxSequences: 4 }"),
      ["prefill-first (priority and vacations)", "operating point under load", closedForm],
    ],
    [
      "prompts in chunks",
      edited(quiet, policy, "{ name: chunked-prefill, maxSequences: 4 }"),
      ["prompts beside decodes (chunked or whole)", closedForm],
    ],
    [
      "users who think",
      edited(oneToken, "{ process: poisson, rate: 10/s }", "{ process: closed-loop, users: 9, thinkTime: 1 }"),
      ["closed loop with think time (mean value analysis)"],
    ],
  ])("%s", (_, text, expected) => {
    expect(names(text)).toEqual(expected);
  });

  test("with the timeout form of whole batches", () => {
    const [bulk] = told(edited(quiet, policy, "{ name: dynamic, maxSequences: 4, minSequences: 3, timeout: 50 ms }"));
    expect(bulk!.prediction.name).toBe("bulk service M/D^[a,b]/1");
    expect(bulk!.figures.map(({ quantity }) => quantity)).toEqual(waiting);
  });

  test("everything has a source, what it takes for granted, and for what it says nothing of a reason", () => {
    for (const { path, name } of shipped) {
      if (["azure-conversation", "mooncake"].includes(name)) continue;
      const foretold = foretellScenario(readScenario(path), { places: { scenarioFile: path } });
      expect(foretold.length, name).toBeGreaterThan(0);
      for (const one of foretold) {
        expect(one.prediction.source.length).toBeGreaterThan(5);
        expect(one.prediction.assumptions.length).toBeGreaterThan(5);
        if ("inapplicable" in one) expect(one.inapplicable.length, name).toBeGreaterThan(5);
        else for (const { value } of one.figures) expect(value, `${name}: ${one.prediction.name}`).not.toBeNaN();
      }
    }
  });

  test.each(["totals", "per-layer"] as const)(
    "drawn experts, over %s: the step by two moments is that of the whole law of experts, within 0.01 %%",
    (maximumOver) => {
      const read = readScenario(shipped.find(({ name }) => name === "experts-at-the-knee")!.path);
      const drawing = (over: typeof maximumOver) => ({ ...read, experts: { ...read.experts!, maximumOver: over } });
      const scenario = drawing(maximumOver);
      const { architecture, accelerator, layout, experts } = deploymentOf(scenario);
      const figure = foretellScenario(scenario).flatMap((one) =>
        one.prediction.name === "step time with random experts" && "figures" in one ? one.figures : [],
      )[0]!;
      // One prompt token and 50 of output: a decoded token reads 25 on average. 32 sequences run all the time.
      const pairs = 32 * 25;
      const work = stepForecasts(architecture, accelerator, layout, experts!.occupancy).of(32, pairs, pairs);
      // Network and launch are the same both ways.
      const shape = servingShape(drawing("totals"), deploymentOf(drawing("totals"))) as ServingShape;
      const expected = shape.experts!(32).fixedSeconds + work[maximumOver].meanSeconds;
      expect(Math.abs(figure.value / expected - 1)).toBeLessThan(1e-4);
      expect(figure.value).toBeGreaterThan(shape.experts!(32).fixedSeconds + work.totals.atMeanSeconds);
    },
  );
});
