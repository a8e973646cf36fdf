import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ExactSum } from "../../src/core/sums.ts";

function sumOf(terms: readonly number[]): ExactSum {
  const sum = new ExactSum();
  for (const term of terms) sum.add(term);
  return sum;
}

/** Multiples of 2^-20 below 2^30: whole numbers of 2^-20 sum exactly as big integers. */
const dyadic = fc.integer({ min: -(2 ** 50), max: 2 ** 50 });
const exact = (units: readonly number[]) => Number(units.reduce((sum, unit) => sum + BigInt(unit), 0n)) / 2 ** 20;

describe("an exact sum", () => {
  test("is the exact sum, rounded once", () => {
    fc.assert(
      fc.property(fc.array(dyadic, { maxLength: 200 }), (units) => {
        const sum = sumOf(units.map((unit) => unit / 2 ** 20));
        expect(sum.value).toBe(exact(units));
      }),
    );
  });

  test("keeps what is small beside what is large", () => {
    expect(sumOf([1, 1e100, 1, -1e100]).value).toBe(2);
    expect(sumOf(new Array<number>(1_000_000).fill(0.1)).value).toBe(100_000);
  });

  test("merging equals adding in turn", () => {
    fc.assert(
      fc.property(fc.array(dyadic), fc.array(dyadic), (one, other) => {
        const merged = sumOf(one.map((unit) => unit / 2 ** 20));
        merged.merge(sumOf(other.map((unit) => unit / 2 ** 20)));
        expect(merged.value).toBe(exact([...one, ...other]));
      }),
    );
  });

  test("of nothing is 0", () => {
    expect(new ExactSum().value).toBe(0);
  });
});
