import { describe, expect, test } from "vitest";
import { run } from "../../src/experiment/run.ts";
import { synchronousPace } from "../../src/kernel/pace.ts";
import { runText } from "../../src/report/run-text.ts";
import { parseScenario } from "../../src/scenario/read.ts";
import { runPlan } from "../../src/scenario/run-plan.ts";
import { edited, refusal, shipped, small } from "./scenarios.ts";

const withLayout = (layout: string, accelerators = 3) =>
  edited(small, "accelerators: 1", `accelerators: ${accelerators}, layout: { ${layout} }`);
const reportOf = (text: string) => run(runPlan(parseScenario(text)), { pace: synchronousPace });

describe("what cannot be cut so is refused with the reason", () => {
  test.each([
    ["pipelineStages: 3, stageLayers: [16, 16]", "stageLayers", "2 of them, not one for each stage", "3 of them"],
    ["pipelineStages: 3, stageLayers: [16, 16, 16]", "stageLayers", "sum to 48", "the 32 layers of the model"],
    ["stageLayers: [16, 16]", "stageLayers", "2 of them, not one for each stage", "1 of them"],
    ["microbatching: split", "microbatching", "nothing to split", "separate"],
    [
      "pipelineStages: 3, stageLayers: [12, 10, 10], microbatching: split",
      "microbatching",
      "equally long",
      "separate, or no stageLayers",
    ],
  ])("%s", (layout, key, what, allowed) => {
    const { message } = refusal(withLayout(layout));
    expect(message).toContain(`deployment.layout.${key}`);
    expect(message).toContain(what);
    expect(message).toContain(allowed);
  });

  test("experts and split steps", () => {
    const moe = edited(
      withLayout("tensorParallel: 1d, pipelineStages: 2, microbatching: split", 16),
      "llama-3-8b",
      "mixtral-8x7b",
    );
    const { message } = refusal(edited(moe, "policy:", "experts: { level: sampled }\npolicy:"));
    expect(message).toContain("experts are drawn for a whole microbatch");
  });

  test("a stage whose layers leave no room for a cache", () => {
    const scenario = edited(withLayout("pipelineStages: 2, stageLayers: [79, 1]", 2), "llama-3-8b", "llama-3-70b");
    expect(refusal(scenario).message).toContain("on its fullest stage");
  });
});

test("the fullest stage decides how many tokens the cache holds", async () => {
  const even = await reportOf(withLayout("pipelineStages: 2", 2));
  const uneven = await reportOf(withLayout("pipelineStages: 2, stageLayers: [20, 12]", 2));
  const bytes = { hbm: 80e9, weights: 2 * 8_029_995_008, token: 131_072 };
  expect(Math.abs(even.deployment.kvCapacityTokens - (2 * bytes.hbm - bytes.weights) / bytes.token)).toBeLessThan(
    5_000,
  );
  const ofFullest = (bytes.hbm - (20 / 32) * bytes.weights) / ((20 / 32) * bytes.token);
  expect(Math.abs(uneven.deployment.kvCapacityTokens - ofFullest)).toBeLessThan(5_000);
});

describe("the report of a pipeline", () => {
  test.each([
    ["pipelineStages: 3", "3 pipeline stages\n"],
    ["pipelineStages: 3, stageLayers: [12, 10, 10]", "3 pipeline stages of 12 + 10 + 10 layers\n"],
    ["pipelineStages: 3, microbatching: split", "3 pipeline stages, each step split over them\n"],
  ])("%s: says how it is cut; a stage's bubbles are what is left of the time with work", async (layout, heading) => {
    const report = await reportOf(withLayout(layout));
    const text = runText(report);
    expect(text).toContain(heading);
    expect(text).toMatch(/Bubbles, % of the time +hops +uneven stages +uneven microbatches +too few/);
    expect(Math.max(...text.split("\n").map((line) => line.length))).toBeLessThanOrEqual(140);
    expect(report.stages).toHaveLength(3);
    const withWork = report.stages.map(({ compute, bubbles }) =>
      Object.values(bubbles!).reduce<number>((sum, share) => sum + share!, compute!),
    );
    for (const share of withWork) {
      expect(share / withWork[0]!).toBeCloseTo(1, 9);
      expect(share).toBeLessThanOrEqual(1 + 1e-9);
    }
  });

  test("a single stage has no bubbles to tell of", async () => {
    const report = await reportOf(small);
    expect(report.stages[0]).not.toHaveProperty("bubbles");
    expect(runText(report)).not.toContain("Bubbles");
  });
});

describe("the scenario pipeline-bubbles", () => {
  const { text } = shipped.find(({ name }) => name === "pipeline-bubbles")!;
  const layers = ", stageLayers: [30, 25, 25]";
  const policy = "name: continuous, maxSequences: 96";
  const pieces = "name: chunked-prefill, maxSequences: 96, tokenBudget: 256";
  const scenario = text.replace(/^#.*\n/gm, "");
  const even = edited(scenario, layers, "");

  test("its report stands as it was agreed", async () => {
    await expect(runText(await reportOf(text))).toMatchFileSnapshot("../golden/pipeline-bubbles.txt");
  });

  test.each([
    ["as it is", scenario, 4170],
    ["even stages", even, 4430],
    ["prompts in pieces", edited(scenario, policy, pieces), 4740],
    ["even stages and prompts in pieces", edited(even, policy, pieces), 4980],
    ["split steps", edited(even, "pipelineStages: 3", "pipelineStages: 3, microbatching: split"), 3260],
  ])("%s: makes as many tokens as its head comment says", async (_, variant, tokensPerSecond) => {
    const report = await reportOf(variant);
    expect(text).toContain(`${tokensPerSecond.toLocaleString("en-US")}`);
    expect(Math.round(report.outputTokensPerSecond.value! / 10) * 10).toBe(tokensPerSecond);
  });

  test("too few users are too few microbatches", async () => {
    const [first] = (await reportOf(edited(even, "users: 96", "users: 2"))).stages;
    expect(first!.bubbles!.tooFewMicrobatches).toBeGreaterThan(0.3);
  });
});
