import { describe, expect, test } from "vitest";
import { type Dimension, parseQuantity, quantity, unitsOf } from "../../src/core/quantity.ts";

const readable: readonly (readonly [string | number, Dimension, number])[] = [
  [0, "seconds", 0],
  [1.5, "seconds", 1.5],
  ["1.5", "seconds", 1.5],
  ["20 ms", "seconds", 0.02],
  ["20ms", "seconds", 0.02],
  ["4 us", "seconds", 4e-6],
  ["4 µs", "seconds", 4e-6],
  ["7 ns", "seconds", 7e-9],
  ["2 min", "seconds", 120],
  ["1.5 h", "seconds", 5400],
  ["2 d", "seconds", 172_800],
  ["80 GB", "bytes", 80e9],
  ["80 GiB", "bytes", 80 * 2 ** 30],
  ["1 kB", "bytes", 1000],
  ["1 KiB", "bytes", 1024],
  ["3.35 TB/s", "bytesPerSecond", 3.35e12],
  ["2 MiB/s", "bytesPerSecond", 2 * 2 ** 20],
  ["989 TFLOP/s", "flopPerSecond", 989e12],
  ["2 PFLOPS", "flopPerSecond", 2e15],
  ["4.2/s", "perSecond", 4.2],
  ["90/min", "perSecond", 1.5],
  ["3600/h", "perSecond", 1],
  ["4 req/s", "perSecond", 4],
  ["4 requests/s", "perSecond", 4],
  ["4 Hz", "perSecond", 4],
  ["2.10 $/h", "dollarsPerHour", 2.1],
  ["2 USD/h", "dollarsPerHour", 2],
  ["  12 s ", "seconds", 12],
  ["1e-3", "seconds", 1e-3],
  ["1.5e3 s", "seconds", 1500],
  [".5 s", "seconds", 0.5],
  ["5. s", "seconds", 5],
  ["1_000 s", "seconds", 1000],
  ["+3 s", "seconds", 3],
  ["-3 s", "seconds", -3],
];

const unreadable: readonly (readonly [string | number, Dimension])[] = [
  ["", "seconds"],
  ["s", "seconds"],
  ["ten", "seconds"],
  ["3 m", "seconds"],
  ["3 S", "seconds"],
  ["3 GB", "seconds"],
  ["3 gb", "bytes"],
  ["3 GB/s", "bytes"],
  ["3 GB", "bytesPerSecond"],
  ["3 s s", "seconds"],
  ["3,5 s", "seconds"],
  ["0x10", "seconds"],
  ["1e400", "seconds"],
  ["1e308 EB", "bytes"],
  ["Infinity", "seconds"],
  ["NaN", "seconds"],
  ["3 constructor", "perSecond"],
  ["3 toString", "bytes"],
  [Number.NaN, "seconds"],
  [Number.POSITIVE_INFINITY, "seconds"],
];

describe("a quantity", () => {
  test.each(readable)("%j as %s is %d", (text, dimension, value) => {
    expect(parseQuantity(text, dimension)).toBeCloseTo(value, 12 - Math.ceil(Math.log10(Math.abs(value) + 1)));
  });

  test.each(unreadable)("%j is no %s", (text, dimension) => {
    expect(parseQuantity(text, dimension)).toBeUndefined();
  });

  test("every unit that the message names can be read", () => {
    for (const dimension of [
      "seconds",
      "bytes",
      "bytesPerSecond",
      "flopPerSecond",
      "perSecond",
      "dollarsPerHour",
    ] as const) {
      const named = unitsOf(dimension).replace(/^.* one of /, "");
      for (const unit of named.split(", ")) expect(parseQuantity(`2 ${unit}`, dimension), unit).toBeGreaterThan(0);
    }
  });
});

describe("the schema of a quantity", () => {
  const firstIssue = (schema: ReturnType<typeof quantity>, value: unknown) => schema.safeParse(value).error?.issues[0];

  test("gives the SI number", () => {
    expect(quantity("seconds").parse("20 ms")).toBeCloseTo(0.02, 15);
    expect(quantity("bytes").parse(12)).toBe(12);
  });

  test.each([
    ["any quantity", quantity("seconds"), "0 s", true],
    ["any quantity", quantity("seconds"), "-1 s", false],
    ["a positive one", quantity("seconds", { positive: true }), 0, false],
    ["a positive one", quantity("seconds", { positive: true }), "1 ns", true],
    ["one of at least 2", quantity("seconds", { least: 2 }), "2 s", true],
    ["one of at least 2", quantity("seconds", { least: 2 }), "1999 ms", false],
    ["one of at least -5", quantity("seconds", { least: -5 }), "-5 s", true],
  ] as const)("%s: %s %j accepted: %s", (_, schema, value, accepted) => {
    expect(schema.safeParse(value).success).toBe(accepted);
  });

  test("says what is wrong and what is allowed", () => {
    const allowed = expect.stringContaining("ms");
    expect(firstIssue(quantity("seconds"), "3 GB")).toMatchObject({ message: "cannot be read", params: { allowed } });
    expect(firstIssue(quantity("seconds"), "-3 s")).toMatchObject({ message: "is too small", params: { allowed } });
    expect(firstIssue(quantity("seconds"), true)?.message).toBe(`${unitsOf("seconds")}; at least 0`);
  });
});
