import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { checkReservation, kvAllocations } from "../../src/serving/kv-allocation.ts";
import { checkWatermark, watermarkBlocks, watermarkSchema } from "../../src/serving/watermark.ts";

describe("KV allocation", () => {
  const reserved = (options: unknown) => kvAllocations.build(kvAllocations.schema.parse(options)).reservedOutputTokens;

  test("growth reserves nothing, a reservation the same for all, an oracle what it knows", () => {
    expect(reserved({ name: "growth" })).toBeUndefined();
    expect(reserved({ name: "reserve", outputTokens: 77 })!(5)).toBe(77);
    expect(reserved({ name: "reserve-oracle" })!(5)).toBe(5);
  });

  test("a power of two is the least that suffices", () => {
    const powerOfTwo = reserved({ name: "reserve-power-of-two-oracle" })!;
    expect([1, 2, 3, 4, 5, 25, 32, 33].map(powerOfTwo)).toEqual([1, 2, 4, 4, 8, 32, 32, 64]);
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 2 ** 40 }), (tokens) => {
        const power = powerOfTwo(tokens);
        expect(Number.isInteger(Math.log2(power))).toBe(true);
        expect(tokens <= power && power < 2 * tokens).toBe(true);
      }),
    );
  });

  test("outputs longer than what is reserved are refused", () => {
    const check = (longest: number, options: Parameters<typeof kvAllocations.build>[0]) =>
      checkReservation(kvAllocations.build(options), longest, "kvCache.allocation.outputTokens");
    check(100, { name: "reserve", outputTokens: 100 });
    check(100, { name: "reserve-power-of-two-oracle" });
    check(100, { name: "growth" });
    expect(() => check(101, { name: "reserve", outputTokens: 100 })).toThrow(
      "kvCache.allocation.outputTokens: outputs have up to 101 tokens, of which 100 are reserved (allowed: at least 101",
    );
  });
});

describe("the watermark", () => {
  test("is a share, rounded down, or a number of blocks", () => {
    expect([watermarkBlocks(0.01, 1_250), watermarkBlocks({ blocks: 3 }, 1_250)]).toEqual([12, 3]);
  });

  test.each([0, 0.01, { blocks: 5 }])("may be %o", (watermark) => {
    expect(watermarkSchema.parse(watermark)).toEqual(watermark);
  });

  test.each([-0.1, 1, 5, { blocks: -1 }, { blocks: 0.5 }, "a lot"])("may not be %o", (watermark) => {
    expect(watermarkSchema.safeParse(watermark).success).toBe(false);
  });

  test("leaves something to admit", () => {
    checkWatermark({ blocks: 4 }, 5, "here");
    expect(() => checkWatermark({ blocks: 5 }, 5, "here")).toThrow("here: keeps 5 KV blocks of 5 free");
  });
});
