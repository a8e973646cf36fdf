import { describe, expect, test } from "vitest";
import { findAccelerator } from "../../../src/bounds/accelerators.ts";
import { findArchitecture } from "../../../src/bounds/architectures.ts";
import { bestLayout } from "../../../src/bounds/best-layout.ts";
import { fastestAtMfu, largestModelAt } from "../../../src/bounds/frontier/mfu-target.ts";
import { relativeError } from "../golden.ts";

const question = {
  architecture: findArchitecture("llama-3-70b"),
  accelerator: findAccelerator("h100"),
  contextTokens: 1_000,
};

describe("the search for a target utilisation", () => {
  test.each([0.05, 0.15, 0.4])("finds a point within 5 %% of %d, served as the best layout serves it", (target) => {
    const point = fastestAtMfu(question, target)!;
    expect(Math.abs(Math.log(point.mfu / target))).toBeLessThanOrEqual(0.05);
    const { architecture, accelerator, contextTokens } = question;
    const best = bestLayout(architecture, accelerator, point.accelerators, point.batch, contextTokens);
    expect(relativeError(point.secondsPerToken, best.seconds)).toBeLessThanOrEqual(1e-12);
  });

  test("a higher target is served no faster", () => {
    const speeds = [0.02, 0.1, 0.3].map((target) => fastestAtMfu(question, target)!.tokensPerSecondPerRequest);
    expect(speeds).toEqual([...speeds].sort((a, b) => b - a));
  });

  test("finds nothing where no batch reaches the target, and refuses a share above 1", () => {
    expect(fastestAtMfu({ ...question, contextTokens: 1e6 }, 0.9)).toBeUndefined();
    expect(() => fastestAtMfu(question, 1.5)).toThrow(/target MFU: 1\.5/);
  });

  test("the largest model at a speed keeps it, and a little larger one does not", () => {
    const speed = 50;
    const found = largestModelAt(question, 0.1, speed)!;
    expect(found.point.tokensPerSecondPerRequest).toBeGreaterThanOrEqual(speed);
    const larger = largestModelAt(question, 0.1, speed * 0.9)!;
    expect(larger.parameters).toBeGreaterThan(found.parameters);
  });
});
