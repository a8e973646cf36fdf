import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { chosen, count, duration, figure, nothing, percent } from "../../src/tui/text.ts";

describe("text of figures", () => {
  test("three digits, but never fewer than all whole ones", () => {
    expect([12_345, 54.849, 0.01234, 5, 0].map((value) => figure(value))).toEqual([
      "12,345",
      "54.8",
      "0.0123",
      "5.00",
      "0",
    ]);
    expect([figure(3_900, "tokens/s"), count(20_000, "requests"), percent(0.153), chosen(0.5)]).toEqual([
      "3,900 tokens/s",
      "20,000 requests",
      "15.3 %",
      "0.5",
    ]);
  });

  test("a latency is in milliseconds below a second", () => {
    expect([0.0834, 0.9994, 1, 83.4].map(duration)).toEqual(["83.4 ms", "999 ms", "1.00 s", "83.4 s"]);
    expect(duration(Number.POSITIVE_INFINITY)).toBe("never");
  });

  test("whatever the number, no NaN and no infinity is shown", () => {
    for (const value of [undefined, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      expect([figure(value, "s"), count(value, "s"), chosen(value, "s"), percent(value)]).toEqual(
        new Array(4).fill(nothing),
      );
    }
    for (const value of [Number.NaN, Number.NEGATIVE_INFINITY]) expect(duration(value)).toBe(nothing);
    fc.assert(
      fc.property(fc.double(), (value) => {
        for (const text of [figure(value), count(value), chosen(value), percent(value), duration(value)]) {
          expect(text).not.toMatch(/NaN|∞|Infinity|undefined/);
        }
      }),
    );
  });
});
