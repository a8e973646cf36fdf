import { describe, expect, test } from "vitest";
import { findAccelerator } from "../../src/bounds/accelerators.ts";
import { feedForwardParameters, keyValueHeads, sparsity } from "../../src/bounds/architecture.ts";
import { architectures, findArchitecture } from "../../src/bounds/architectures.ts";
import { checkArchitecture } from "../../src/bounds/check.ts";
import { palmCheck } from "../../src/bounds/palm-check.ts";
import { scaledArchitecture } from "../../src/bounds/scaled-architecture.ts";
import { logLogSlope, scalingLaws } from "../../src/bounds/scaling-laws.ts";

describe("scaling laws", () => {
  test("a power law has its exponent for a slope", () => {
    expect(logLogSlope([1, 2, 5, 11].map((x) => [x, 3 * x ** -0.7]))).toBeCloseTo(-0.7, 12);
  });

  test.each(["llama-3-70b", "gpt-3", "palm-540b"])("%s: measured exponents lie near the predicted ones", (name) => {
    for (const law of scalingLaws(findArchitecture(name), findAccelerator("h100"))) {
      // Layers come in whole numbers and embeddings grow slower than the rest, so the size's exponent is not exact.
      expect(law.toyScaling).toBeCloseTo(law.predicted, law.quantity === "model size" ? 1 : 9);
      // The start-up of collectives grows with layers and latency only: it pulls the exponents of the whole toy model and of
      // the full model towards those of a time that is all start-up (1/3, 0 and 1).
      const startUp = { "model size": 1 / 3, "memory bandwidth": 0, "network latency": 1 }[law.quantity];
      for (const exponent of [law.toy, law.full]) {
        expect(exponent).toBeGreaterThan(Math.min(startUp, law.predicted) - 0.02);
        expect(exponent).toBeLessThan(Math.max(startUp, law.predicted) + 0.02);
      }
    }
  });

  test("a scaled model has as many times the feed-forward parameters, whole layers aside, and can be computed with", () => {
    for (const architecture of Object.values(architectures)) {
      for (const factor of [0.25, 1, 3, 50]) {
        const scaled = scaledArchitecture(architecture, factor);
        checkArchitecture(scaled);
        expect(sparsity(scaled)).toBe(sparsity(architecture));
        expect(keyValueHeads(scaled)).toBeCloseTo(keyValueHeads(architecture), 9);
        const layerShare = scaled.layers / (architecture.layers * factor ** (1 / 3));
        const grown = feedForwardParameters(scaled) / feedForwardParameters(architecture);
        expect(grown).toBeCloseTo(factor * layerShare, 9);
      }
    }
  });
});

describe("PaLM on TPU v4", () => {
  test("is measured to be slower than its bounds, by no more than a factor of four", () => {
    for (const row of palmCheck().rows) {
      expect(row.fullSeconds).toBeGreaterThan(row.toySeconds);
      expect(row.measuredSeconds).toBeGreaterThan(row.fullSeconds);
      expect(row.measuredSeconds / row.toySeconds).toBeLessThan(4.2);
    }
  });

  test("grows with the square root of its size, measured and computed", () => {
    const { measured, toy, full } = palmCheck().exponents;
    for (const exponent of [measured, toy, full]) expect(Math.abs(exponent - 0.5)).toBeLessThan(0.05);
  });
});
