import { describe, expect, test } from "vitest";
import { UserError } from "../../src/core/errors.ts";
import { parseScenario } from "../../src/scenario/read.ts";
import { runPlan } from "../../src/scenario/run-plan.ts";

const plan = (
  experts: string,
  model = "qwen3-30b-a3b",
  deployment = "accelerators: 8, layout: { tensorParallel: 1d }",
) =>
  runPlan(
    parseScenario(`
name: experts
model: ${model}
accelerator: h100
deployment: { ${deployment} }
experts: ${experts}
policy: { name: continuous, maxSequences: 8 }
workload:
  arrivals: { process: closed-loop, users: 8 }
  prompt: { distribution: constant, tokens: 10 }
  output: { distribution: constant, tokens: 10 }
run: { requests: 16 }
`),
  );

const perRank = "level: sampled-per-rank, parallel: expert";

describe("the section on experts", () => {
  test.each([
    ["a dense model", "{ level: sampled }", "llama-3-70b", undefined, /experts: Llama 3 70B is dense/],
    [
      "the busiest rank of sampled totals",
      "{ level: sampled, parallel: expert }",
      undefined,
      undefined,
      /experts\.level: .*allowed: expected, sampled-per-rank/,
    ],
    [
      "ranks of tensor-parallel experts",
      "{ level: sampled-per-rank }",
      undefined,
      undefined,
      /experts\.level: .*allowed: expected, sampled\)/,
    ],
    [
      "whole experts on a square of ranks",
      `{ ${perRank} }`,
      undefined,
      "accelerators: 16",
      /experts\.parallel: .*tensorParallel: 1d/,
    ],
    [
      "whole experts on one accelerator",
      `{ ${perRank} }`,
      undefined,
      "accelerators: 1, layout: { tensorParallel: 1d }",
      /experts\.parallel: .*allowed: tensor/,
    ],
    [
      "popularity in the published formula",
      "{ popularity: { kind: zipf, exponent: 1 } }",
      undefined,
      undefined,
      /experts\.popularity: .*published formula/,
    ],
    [
      "memory in the published formula",
      "{ persistence: 0.5 }",
      undefined,
      undefined,
      /experts\.persistence: .*published formula/,
    ],
    [
      "a placement of nothing",
      "{ level: sampled, placement: { kind: random } }",
      undefined,
      undefined,
      /experts\.placement: /,
    ],
    [
      "spare slots that nobody fills",
      `{ ${perRank}, placement: { spareSlots: 8 } }`,
      undefined,
      undefined,
      /experts\.placement\.spareSlots: .*contiguous/,
    ],
    [
      "too few weights",
      "{ level: sampled, popularity: { kind: weights, weights: [1, 2] } }",
      undefined,
      undefined,
      /2 weights given.*allowed: 128/,
    ],
    [
      "more ranks than experts",
      `{ ${perRank} }`,
      "mixtral-8x22b",
      "accelerators: 16, layout: { tensorParallel: 1d }",
      /8 experts cannot lie on 16 ranks/,
    ],
    [
      "an unknown level",
      "{ level: exact }",
      undefined,
      undefined,
      /experts\.level.*expected, sampled, sampled-per-rank/,
    ],
    ["an unknown key", "{ depth: 1 }", undefined, undefined, /unknown key depth.*level, maximumOver, parallel/],
    ["a persistence above 1", "{ level: sampled, persistence: 2 }", undefined, undefined, /experts\.persistence/],
  ])("refuses %s", (_, experts, model, deployment, message) => {
    expect(() => plan(experts, model, deployment)).toThrow(UserError);
    expect(() => plan(experts, model, deployment)).toThrow(message);
  });

  test("what can be combined can be run", () => {
    for (const experts of [
      "{}",
      "{ maximumOver: per-layer }",
      "{ parallel: expert }",
      "{ level: sampled, persistence: 0.3 }",
      `{ ${perRank}, maximumOver: per-layer, popularity: { kind: zipf, exponent: 0.6, permuted: true } }`,
      `{ ${perRank}, placement: { kind: balanced, spareSlots: 8 }, persistence: 0.2 }`,
    ]) {
      const { deployment } = plan(experts);
      expect(deployment.stepTime.isSteady).toBe(experts === "{}");
      expect(deployment.experts === undefined).toBe(experts === "{}");
    }
  });

  test("memory holds the weights and the cache that a mixture of experts really has", () => {
    const { deployment } = plan("{}", "deepseek-v3", "accelerators: 16, layout: { tensorParallel: 1d }");
    const experts = 58 * 257 * 3 * 7168 * 2048 + 3 * 3 * 7168 * 18432;
    const query = 7168 * 1536 + 1536 * 128 * 192;
    const attention = query + 7168 * 576 + 512 * 128 * 256 + 128 * 128 * 7168;
    const weights = experts + 61 * attention + 2 * 129280 * 7168;
    // Weights of one byte; a token takes 70,272 bytes.
    expect(deployment.kvCapacityTokens).toBe(Math.floor((16 * 80e9 - weights) / 70_272));
    const small = plan("{}", "gpt-oss-120b", "accelerators: 1, layout: { tensorParallel: 1d }");
    // 65 GB fit beside a cache on one accelerator of 80 GB, since experts take 4.25 bits a weight.
    expect(small.deployment.kvCapacityTokens).toBeGreaterThan(100_000);
  });
});
