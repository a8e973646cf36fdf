import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { columns } from "../../src/report/columns.ts";
import {
  count,
  estimated,
  inUnit,
  nothing,
  number,
  percent,
  seconds,
  timeScale,
  unitOf,
} from "../../src/report/format.ts";

describe("a number", () => {
  test.each([
    [0, 3, "0"],
    [-0, 3, "0"],
    [1, 3, "1.00"],
    [54.83, 3, "54.8"],
    [99.97, 3, "100"],
    [999.5, 3, "1,000"],
    [3934, 3, "3,930"],
    [3934, 4, "3,934"],
    [19_999.7, 3, "20,000"],
    [123_456_789, 3, "123,000,000"],
    [0.01234, 3, "0.0123"],
    [0.00012345, 3, "0.000123"],
    [0.000012345, 3, "1.23e-5"],
    [1e12, 3, "1.00e+12"],
    [-54.83, 3, "-54.8"],
    [7.5, 1, "8"],
    [0.6, 2, "0.60"],
  ])("%d to %d digits is %s", (value, digits, text) => {
    expect(number(value, digits)).toBe(text);
  });

  test("is never off by more than half of its last digit, and is read back as a number", () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-9, max: 1e15, noNaN: true }), fc.integer({ min: 2, max: 6 }), (value, digits) => {
        const read = Number(number(value, digits).replaceAll(",", ""));
        expect(Math.abs(read - value)).toBeLessThanOrEqual(0.5 * 10 ** (1 - digits) * value * (1 + 1e-9));
      }),
    );
  });
});

describe("what was not measured", () => {
  test.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])("%d never shows", (value) => {
    const texts = [
      number(value),
      count(value),
      seconds(value),
      inUnit(value, percent),
      estimated({ value, halfWidth: value }, "time"),
      estimated({ value: 1, halfWidth: value }, unitOf("req/s")),
    ];
    for (const text of texts) {
      expect(text).not.toMatch(/NaN|Infinity|∞/);
      expect(text).toContain(nothing);
    }
  });

  test("is a dash", () => {
    expect([seconds(null), inUnit(null, percent), estimated({ value: null, halfWidth: null }, "time")]).toEqual([
      nothing,
      nothing,
      nothing,
    ]);
  });
});

describe("a time", () => {
  test.each([
    [0, "0 s"],
    [2.4e-7, "0.240 µs"],
    [4e-6, "4.00 µs"],
    [0.0548, "54.8 ms"],
    [0.9999, "1,000 ms"],
    [1, "1.00 s"],
    [75, "75.0 s"],
    [599, "599 s"],
    [600, "10.0 min"],
    [35_999, "600 min"],
    [36_000, "10.0 h"],
    [864_000, "10.0 d"],
    [-0.02, "-20.0 ms"],
  ])("of %d s is %s", (value, text) => {
    expect(seconds(value)).toBe(text);
  });

  test("keeps a unit for itself and its interval", () => {
    expect(timeScale(0.0548)).toEqual({ factor: 1e-3, unit: "ms" });
    expect(estimated({ value: 0.0548, halfWidth: 0.0006 }, "time")).toBe("54.8 ± 0.60 ms");
  });
});

describe("an estimate", () => {
  test.each([
    [{ value: 3.21, halfWidth: 0.123 }, unitOf("req/s"), "3.21 ± 0.12 req/s"],
    [{ value: 3.21, halfWidth: null }, unitOf("req/s"), "3.21 ± – req/s"],
    [{ value: 3.21, halfWidth: 0 }, unitOf("req/s"), "3.21 ± 0 req/s"],
    [{ value: 0.4217, halfWidth: 0.01 }, percent, "42.2 ± 1.0 %"],
    [{ value: 7, halfWidth: 1 }, unitOf(""), "7.00 ± 1.0"],
  ] as const)("%j", (estimate, scale, text) => {
    expect(estimated(estimate, scale)).toBe(text);
  });
});

test("counts are whole and grouped", () => {
  expect([0, 7, 1000, 1_522_507].map(count)).toEqual(["0", "7", "1,000", "1,522,507"]);
});

describe("columns", () => {
  test("stand under one another, numbers to the right, without trailing blanks or escape codes", () => {
    expect(
      columns([
        ["Latency", "mean", "p50"],
        ["  TTFT", "1.00 s", "3 s"],
        ["  TPOT", "10.0 ms"],
      ]),
    ).toBe(["  Latency     mean  p50", "    TTFT    1.00 s  3 s", "    TPOT   10.0 ms"].join("\n"));
  });

  test("of text stand to the left", () => {
    expect(
      columns(
        [
          ["one", "a"],
          ["twenty", "bc"],
        ],
        "text",
      ),
    ).toBe("  one     a\n  twenty  bc");
  });
});
