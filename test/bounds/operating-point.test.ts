import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { findAccelerator } from "../../src/bounds/accelerators.ts";
import { findArchitecture } from "../../src/bounds/architectures.ts";
import { closedForm } from "../../src/bounds/closed-form.ts";
import { fits } from "../../src/bounds/memory.ts";
import { constantLengths, meanContextTokens, operatingPoint } from "../../src/bounds/operating-point.ts";
import { stepTimeModel } from "../../src/bounds/step-time.ts";
import { relativeError } from "./golden.ts";

const llama = findArchitecture("llama-3-70b");
const h100 = findAccelerator("h100");
const node = { tensorParallel: "1d", tensorRanks: 8, pipelineStages: 1 } as const;
const twoStages = { tensorParallel: "1d", tensorRanks: 4, pipelineStages: 2 } as const;
const anyLengths = fc
  .record({ input: fc.integer({ min: 0, max: 5_000 }), output: fc.integer({ min: 1, max: 2_000 }) })
  .map(({ input, output }) => constantLengths(input, output));

describe("the operating point under load", () => {
  test("makes as many tokens as are asked for, in the time that its own batch takes", () => {
    const share = fc.double({ min: 0.01, max: 1, noNaN: true });
    fc.assert(
      fc.property(anyLengths, share, fc.constantFrom(node, twoStages), (lengths, share, layout) => {
        const { capacity } = operatingPoint(llama, h100, layout, { requestsPerSecond: 1e-6, lengths });
        const requestsPerSecond = share * capacity.requestsPerSecond;
        const point = operatingPoint(llama, h100, layout, { requestsPerSecond, lengths });
        const steady = point.steady!;
        const asked = requestsPerSecond * lengths.meanOutput;
        expect(relativeError(steady.batch, asked * steady.secondsPerToken)).toBeLessThanOrEqual(1e-9);
        expect(relativeError(point.utilisation, share)).toBeLessThanOrEqual(1e-12);

        const perStage = steady.batch / layout.pipelineStages;
        const prompts = (requestsPerSecond * steady.secondsPerToken) / layout.pipelineStages;
        const cached = perStage * meanContextTokens(lengths);
        const { tripSeconds } = stepTimeModel(llama, h100, layout).time({
          tokens: perStage + prompts * lengths.meanInput,
          attentionPairs: cached + prompts * lengths.meanInput * ((lengths.meanInput - 1) / 2),
          kvTokensRead: cached,
          sequences: perStage,
          outputs: perStage,
        });
        expect(relativeError(steady.secondsPerToken, tripSeconds)).toBeLessThanOrEqual(1e-9);
      }),
    );
  });

  test("has a larger batch and a slower step at a higher rate", () => {
    const share = fc.double({ min: 0.01, max: 1, noNaN: true });
    fc.assert(
      fc.property(anyLengths, share, share, (lengths, one, other) => {
        const { capacity } = operatingPoint(llama, h100, node, { requestsPerSecond: 1e-6, lengths });
        const [low, high] = [Math.min(one, other), Math.max(one, other)].map((share) => {
          const load = { requestsPerSecond: share * capacity.requestsPerSecond, lengths };
          return operatingPoint(llama, h100, node, load).steady!;
        });
        expect(high!.batch).toBeGreaterThanOrEqual(low!.batch);
        expect(high!.secondsPerToken).toBeGreaterThanOrEqual(low!.secondsPerToken);
      }),
    );
  });

  test("with no prompts to read is the closed form at its batch and context", () => {
    const point = operatingPoint(llama, h100, node, { requestsPerSecond: 4, lengths: constantLengths(0, 1_000) });
    const { steady, contextTokens } = point;
    const form = closedForm(llama, h100, node, steady!.batch, contextTokens);
    expect(contextTokens).toBe(500.5);
    expect(relativeError(steady!.secondsPerToken, form.secondsPerToken)).toBeLessThanOrEqual(1e-9);
    expect(relativeError(steady!.mfu, form.mfu)).toBeLessThanOrEqual(1e-9);
    expect(relativeError(steady!.dollarsPerMillionOutputTokens, form.dollarsPerMillionTokens)).toBeLessThanOrEqual(
      1e-9,
    );
  });

  test("is none under overload, and says how far the load is from capacity", () => {
    const lengths = constantLengths(2_000, 500);
    const { capacity, largestBatch, contextTokens } = operatingPoint(llama, h100, node, {
      requestsPerSecond: 1,
      lengths,
    });
    expect(fits(llama, h100, 8, largestBatch * (1 - 1e-5), contextTokens)).toBe(true);
    expect(fits(llama, h100, 8, largestBatch * (1 + 1e-5), contextTokens)).toBe(false);
    const over = operatingPoint(llama, h100, node, { requestsPerSecond: 2 * capacity.requestsPerSecond, lengths });
    expect(over.steady).toBeUndefined();
    expect(over.utilisation).toBeCloseTo(2, 12);
  });

  test("keeps to the policy's cap on sequences", () => {
    const load = { requestsPerSecond: 1, lengths: constantLengths(1_000, 300), maxSequences: 16 };
    expect(operatingPoint(llama, h100, node, load).largestBatch).toBe(16);
  });

  test.each([
    [{ requestsPerSecond: 0, lengths: constantLengths(1, 1) }, h100, /0 requests\/s/],
    [{ requestsPerSecond: 1, lengths: constantLengths(1, 0) }, h100, /outputs of at least one token/],
    [{ requestsPerSecond: 1, lengths: constantLengths(1, 1) }, findAccelerator("v100"), /does not fit on 8 × V100/],
  ])("what cannot be solved is a clear error (%#)", (load, accelerator, message) => {
    expect(() => operatingPoint(llama, accelerator, node, load)).toThrow(message);
  });
});
