import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { randomStreams } from "../../src/core/random.ts";
import { SortedList } from "../../src/core/sorted-list.ts";

/** Adds many and takes some, over and over: enough for blocks to be cut and to empty. */
const rounds = fc.array(
  fc.record({
    add: fc.uniqueArray(fc.integer({ min: 0, max: 100_000 }), { maxLength: 500, size: "max" }),
    take: fc.nat(600),
  }),
  { maxLength: 5, size: "max" },
);

describe("a sorted list", () => {
  test("is a sorted array", () => {
    fc.assert(
      fc.property(rounds, (list) => {
        const sorted = new SortedList<number>((one, other) => one < other);
        let model: number[] = [];
        for (const { add, take } of list) {
          const held = new Set(model);
          for (const item of add.filter((item) => !held.has(item))) sorted.add(item);
          model = [...new Set([...model, ...add])].sort((one, other) => one - other);
          expect(sorted.length).toBe(model.length);
          expect(Array.from({ length: model.length + 1 }, (_, place) => sorted.at(place))).toEqual([
            ...model,
            undefined,
          ]);
          const taken = Array.from({ length: take }, () => sorted.shift());
          expect(taken).toEqual(Array.from({ length: take }, () => model.shift()));
          expect(sorted.length).toBe(model.length);
        }
      }),
      { numRuns: 50, endOnFailure: true },
    );
  });

  test("compares O(log n) items to add one, and none to take one", () => {
    const items = 100_000;
    let comparisons = 0;
    const sorted = new SortedList<number>((one, other) => {
      comparisons++;
      return one < other;
    });
    const random = randomStreams(1)("items");
    for (let item = 0; item < items; item++) sorted.add(random());
    // Bisection over blocks and within one: a step for each bit, and at most one more for each of the two.
    expect(comparisons / items).toBeLessThan(Math.log2(items) + 2);
    comparisons = 0;
    for (let item = 0; item < items; item++) sorted.shift();
    expect(comparisons).toBe(0);
  });
});
