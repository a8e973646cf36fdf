import { describe, expect, test } from "vitest";
import { architectures } from "../../src/bounds/architectures.ts";
import { parseScenario } from "../../src/scenario/read.ts";
import { runPlan } from "../../src/scenario/run-plan.ts";
import { edited, small } from "./scenarios.ts";

describe("a model or accelerator given inline", () => {
  const planOf = (text: string) => runPlan(parseScenario(text, "s.yaml"));

  test("takes what it does not give from the one it extends", () => {
    const { architecture } = planOf(edited(small, "llama-3-8b", "{ extends: llama-3-8b, layers: 16 }")).deployment;
    expect(architecture).toEqual({ ...architectures["llama-3-8b"], layers: 16 });
  });

  test("may extend nothing and give every figure", () => {
    const { source: _, name: __, ...all } = architectures["llama-3-8b"]!;
    const { architecture } = planOf(edited(small, "llama-3-8b", JSON.stringify(all))).deployment;
    expect(architecture).toMatchObject({ ...all, name: "inline", source: "the scenario" });
  });

  test("with more memory than blocks can be counted has a cache that is never full", () => {
    const { kvCapacityTokens } = planOf(edited(small, "h100", "{ extends: h100, hbmBytes: 1e30 }")).deployment;
    expect(kvCapacityTokens).toBe(2 ** 50);
  });

  test("takes quantities with units", () => {
    const inline = "{ extends: h100, hbmBytes: 96 GB, hbmBytesPerSecond: 4 TB/s, kernelLaunchSeconds: 2 us }";
    const { accelerator } = planOf(edited(small, "h100", inline)).deployment;
    expect(accelerator).toMatchObject({ hbmBytes: 96e9, hbmBytesPerSecond: 4e12, nodeSize: 8 });
    expect(accelerator.kernelLaunchSeconds).toBeCloseTo(2e-6, 12);
  });
});
