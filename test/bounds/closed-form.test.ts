import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { findAccelerator } from "../../src/bounds/accelerators.ts";
import { findArchitecture } from "../../src/bounds/architectures.ts";
import { bestLayout } from "../../src/bounds/best-layout.ts";
import { closedForm } from "../../src/bounds/closed-form.ts";
import { acceleratorsOf } from "../../src/bounds/layout.ts";
import { anyBatch, anyContext, anyModelOnHardware } from "./arbitraries.ts";
import { relativeError } from "./golden.ts";

describe("the closed form", () => {
  test("of the best layout takes the published time, and its figures follow from it", () => {
    const ranks = fc.double({ min: 1, max: 2_048, noNaN: true });
    fc.assert(
      fc.property(
        anyModelOnHardware,
        ranks,
        anyBatch,
        anyContext,
        ({ architecture, accelerator }, count, batch, context) => {
          const best = bestLayout(architecture, accelerator, count, batch, context);
          fc.pre(best.layout !== undefined);
          const form = closedForm(architecture, accelerator, best.layout, batch, context);
          expect(relativeError(form.secondsPerToken, best.seconds)).toBeLessThanOrEqual(1e-12);
          expect(relativeError(form.tokensPerSecond, batch * form.tokensPerSecondPerRequest)).toBeLessThanOrEqual(
            1e-12,
          );
          const dollarsPerSecond = (acceleratorsOf(best.layout) * accelerator.dollarsPerHour) / 3600;
          expect(
            relativeError(form.dollarsPerMillionTokens * form.tokensPerSecond, 1e6 * dollarsPerSecond),
          ).toBeLessThan(1e-12);
          expect(form.mfu).toBeGreaterThan(0);
          expect(form.mfu).toBeLessThanOrEqual(1 + 1e-12);
        },
      ),
    );
  });

  test("names what binds: memory at a small batch on one node, compute at a large one, latency across many", () => {
    const llama = findArchitecture("llama-3-8b");
    const h100 = findAccelerator("h100");
    const one = { tensorParallel: "1d", tensorRanks: 1, pipelineStages: 1 } as const;
    expect(closedForm(llama, h100, one, 1, 100).binding).toBe("memory");
    expect(closedForm(llama, h100, one, 2_000, 10).binding).toBe("compute");
    const many = { tensorParallel: "1d", tensorRanks: 64, pipelineStages: 1 } as const;
    expect(closedForm(llama, h100, many, 1, 100).binding).toBe("network latency");
  });

  test("of what does not fit is infinitely slow and dear", () => {
    const layout = { tensorParallel: "1d", tensorRanks: 1, pipelineStages: 1 } as const;
    const form = closedForm(findArchitecture("llama-3-405b"), findAccelerator("h100"), layout, 1, 0);
    expect(form.secondsPerToken).toBe(Number.POSITIVE_INFINITY);
    expect(form.dollarsPerMillionTokens).toBe(Number.POSITIVE_INFINITY);
    expect(form.tokensPerSecond).toBe(0);
    expect(form.mfu).toBe(0);
  });
});
