import { describe, expect, test } from "vitest";
import { accelerators, findAccelerator } from "../../src/bounds/accelerators.ts";
import { architectures, findArchitecture } from "../../src/bounds/architectures.ts";
import { closedForm } from "../../src/bounds/closed-form.ts";
import { UserError } from "../../src/core/errors.ts";
import { type BoundQuestion, boundReport } from "../../src/experiment/bound-report.ts";
import { boundText } from "../../src/report/bound-text.ts";

const question = (changes: Partial<BoundQuestion> = {}): BoundQuestion => ({
  architecture: findArchitecture("llama-3-70b"),
  accelerator: findAccelerator("h100"),
  accelerators: 8,
  batch: 64,
  contextTokens: 1000,
  tensorParallel: undefined,
  pipelineStages: undefined,
  ...changes,
});

const numbersOf = (value: unknown, path = ""): [string, number][] => {
  if (typeof value === "number") return [[path, value]];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => numbersOf(inner, `${path}.${key}`));
};

describe("the report of a bound", () => {
  test("is the closed form of the layout that was asked for", () => {
    const report = boundReport(question({ tensorParallel: "1d", pipelineStages: 2 }));
    const layout = { tensorParallel: "1d", tensorRanks: 4, pipelineStages: 2 } as const;
    const form = closedForm(findArchitecture("llama-3-70b"), findAccelerator("h100"), layout, 64, 1000);
    expect(report).toMatchObject({
      layout,
      secondsPerToken: form.secondsPerToken,
      tokensPerSecond: form.tokensPerSecond,
      mfu: form.mfu,
      parts: { compute: form.parts.computeSeconds, launch: form.parts.launchSeconds },
    });
  });

  test("has parts that add up to a token's time, where compute and memory overlap", () => {
    for (const pipelineStages of [1, 2, 4]) {
      const { parts, secondsPerToken } = boundReport(question({ pipelineStages }));
      const sum = Math.max(parts.compute, parts.memory) + parts.networkLatency + parts.networkBandwidth + parts.launch;
      expect(Math.abs(sum / secondsPerToken - 1)).toBeLessThan(1e-12);
    }
  });

  test("takes the fastest of the layouts that were left open", () => {
    const open = boundReport(question());
    for (const tensorParallel of ["1d", "2d"] as const) {
      for (const pipelineStages of [1, 2, 4, 6]) {
        const one = boundReport(question({ tensorParallel, pipelineStages }));
        expect(open.secondsPerToken).toBeLessThanOrEqual(one.secondsPerToken);
      }
    }
    expect(boundReport(question({ tensorParallel: open.layout.tensorParallel }))).toEqual(open);
  });

  test("refuses more stages than accelerators or sequences", () => {
    expect(() => boundReport(question({ pipelineStages: 9 }))).toThrow(UserError);
    expect(() => boundReport(question({ batch: 1, pipelineStages: 2 }))).toThrow("allowed: at most 1");
  });

  test("refuses what does not fit, and says what would", () => {
    const tooLarge = question({ accelerators: 1 });
    expect(() => boundReport(tooLarge)).toThrow(/--accelerators: .* GB.*allowed: at least 3/);
    expect(boundReport({ ...tooLarge, accelerators: 3 }).memoryBytes).toBeLessThanOrEqual(240e9);
  });

  test("has figures for every model on every accelerator, and text without a NaN or an infinity", () => {
    for (const architecture of Object.values(architectures)) {
      for (const accelerator of Object.values(accelerators)) {
        if (accelerator.flopPerSecondByWeightBits[8 * architecture.weightBytes] === undefined) continue;
        const report = boundReport(question({ architecture, accelerator, accelerators: 16_384 }));
        const odd = numbersOf(report).filter(([, value]) => !Number.isFinite(value) || value < 0);
        expect(odd, `${architecture.name} on ${accelerator.name}`).toEqual([]);
        expect(boundText(report)).not.toMatch(/NaN|Infinity|undefined/);
      }
    }
  });
});
