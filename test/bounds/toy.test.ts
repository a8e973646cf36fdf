import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { findAccelerator } from "../../src/bounds/accelerators.ts";
import { findArchitecture } from "../../src/bounds/architectures.ts";
import { criticalBatch, rooflineSeconds } from "../../src/bounds/roofline.ts";
import { toyOptimum, toySeconds } from "../../src/bounds/toy.ts";
import { anyModelOnHardware } from "./arbitraries.ts";
import { relativeError } from "./golden.ts";

describe("the roofline of one accelerator", () => {
  test("meets at the critical batch", () => {
    fc.assert(
      fc.property(anyModelOnHardware, ({ architecture, accelerator }) => {
        const batch = criticalBatch(architecture, accelerator);
        const seconds = rooflineSeconds(architecture, accelerator, batch);
        expect(rooflineSeconds(architecture, accelerator, batch / 2)).toBeCloseTo(seconds, 12);
        expect(relativeError(rooflineSeconds(architecture, accelerator, 2 * batch), 2 * seconds)).toBeLessThan(1e-12);
      }),
    );
  });

  test("of an H100 with 16-bit weights meets at 303 sequences", () => {
    // w·C/(2·B) = 2 · 1e15 / (2 · 3.3e12)
    expect(criticalBatch(findArchitecture("llama-3-70b"), findAccelerator("h100"))).toBeCloseTo(1e15 / 3.3e12, 9);
  });
});

describe("the toy model's optimum", () => {
  test("is where the toy model is fastest", () => {
    fc.assert(
      fc.property(
        anyModelOnHardware,
        fc.integer({ min: 1, max: 512 }),
        fc.double({ min: 0.02, max: 50, noNaN: true }),
        ({ architecture, accelerator }, batch, factor) => {
          const roomy = { ...accelerator, hbmBytes: 1e30 };
          const best = toyOptimum(architecture, roomy, batch);
          expect(
            relativeError(toySeconds(architecture, roomy, best.accelerators, batch, 0), best.seconds),
          ).toBeLessThan(1e-12);
          const elsewhere = toySeconds(architecture, roomy, Math.max(1, best.accelerators * factor), batch, 0);
          expect(elsewhere).toBeGreaterThanOrEqual(best.seconds * (1 - 1e-12));
        },
      ),
    );
  });
});
