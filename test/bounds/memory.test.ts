import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { findAccelerator } from "../../src/bounds/accelerators.ts";
import { findArchitecture } from "../../src/bounds/architectures.ts";
import { fits, kvCapacityTokens } from "../../src/bounds/memory.ts";
import { anyModelOnHardware } from "./arbitraries.ts";

describe("KV capacity", () => {
  test("is the largest number of cached tokens that fits", () => {
    fc.assert(
      fc.property(anyModelOnHardware, fc.integer({ min: 1, max: 4_096 }), ({ architecture, accelerator }, ranks) => {
        const tokens = kvCapacityTokens(architecture, accelerator, ranks);
        fc.pre(tokens >= 0);
        expect(fits(architecture, accelerator, ranks, 1, tokens)).toBe(true);
        expect(fits(architecture, accelerator, ranks, 1, tokens + 1)).toBe(false);
      }),
    );
  });

  test("is what the fullest stage has room for", () => {
    const architecture = findArchitecture("llama-3-70b");
    const h100 = findAccelerator("h100");
    // 2 of 8 accelerators hold 32 of 80 layers, as if each stage did: 2 · 80e9 bytes for 0.4 of weights and cache.
    expect(kvCapacityTokens(architecture, h100, 8, 32 / 20)).toBe(
      Math.floor(((2 * 80e9) / 0.4 - 2 * 70_552_387_584) / 327_680),
    );
  });

  test("is negative where the weights alone do not fit", () => {
    const architecture = findArchitecture("llama-3-70b");
    const h100 = findAccelerator("h100");
    expect(kvCapacityTokens(architecture, h100, 1)).toBeLessThan(0);
    // (8 · 80e9 - 2 · 70,552,387,584) / 327,680
    expect(kvCapacityTokens(architecture, h100, 8)).toBe(1_522_507);
  });
});
