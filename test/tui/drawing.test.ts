import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BrailleCanvas } from "../../src/tui/drawing/braille-canvas.ts";
import { logAxis } from "../../src/tui/drawing/log-axis.ts";
import { resample, sparkline } from "../../src/tui/drawing/sparkline.ts";

const textOf = (canvas: BrailleCanvas) => canvas.rows().map((runs) => runs.map(({ text }) => text).join(""));

describe("a braille canvas", () => {
  test("draws a diagonal dot by dot", () => {
    const canvas = new BrailleCanvas(2, 1);
    canvas.line(
      [
        { x: 0, y: 0 },
        { x: 1, y: 1 },
      ],
      "bound",
    );
    expect(textOf(canvas)).toEqual(["⡠⠊"]);
  });

  test("a cell has the style of what was drawn there last, and a mark stands in place of dots", () => {
    const canvas = new BrailleCanvas(3, 1);
    canvas.line(
      [
        { x: 0, y: 0 },
        { x: 1, y: 0 },
      ],
      "bound",
    );
    canvas.mark({ x: 0.5, y: 0.5 }, "●", "run");
    expect(canvas.rows()).toEqual([
      [
        { text: "⣀", role: "bound" },
        { text: "●", role: "run" },
        { text: "⣀", role: "bound" },
      ],
    ]);
  });

  test("whatever is drawn, inside or outside, each row is as wide as the canvas", () => {
    const places = fc.array(fc.record({ x: fc.double({ min: -2, max: 3 }), y: fc.double({ min: -2, max: 3 }) }));
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 12 }), places, (columns, rows, drawn) => {
        const finite = drawn.filter(({ x, y }) => Number.isFinite(x) && Number.isFinite(y));
        const canvas = new BrailleCanvas(columns, rows);
        canvas.cornerText("tokens/s", "quiet");
        canvas.line(finite, "bound");
        for (const place of finite) canvas.mark(place, "∘", "past");
        expect(textOf(canvas).map((text) => text.length)).toEqual(new Array(rows).fill(columns));
      }),
    );
  });
});

describe("a logarithmic axis", () => {
  const values = fc.array(fc.double({ min: 1e-9, max: 1e9, noNaN: true }), { minLength: 1, maxLength: 20 });

  test("holds all its values and ticks, in order", () => {
    fc.assert(
      fc.property(values, (some) => {
        const axis = logAxis(some);
        const ascending = [...some].sort((a, b) => a - b).map((value) => axis.place(value));
        expect(Math.min(...ascending, ...axis.ticks.map(axis.place))).toBeGreaterThanOrEqual(-1e-9);
        expect(Math.max(...ascending, ...axis.ticks.map(axis.place))).toBeLessThanOrEqual(1 + 1e-9);
        expect([...ascending].sort((a, b) => a - b)).toEqual(ascending);
      }),
    );
  });

  test("has ticks at 1, 2 and 5 over few decades and at powers of ten over many", () => {
    expect(logAxis([12, 94]).ticks).toEqual([10, 20, 50, 100]);
    expect(logAxis([0.12, 9_000]).ticks).toEqual([0.1, 1, 10, 100, 1_000, 10_000]);
    expect(logAxis([3]).ticks).toEqual([5]);
  });

  test("stays where it is while values wander a little", () => {
    const place = (values: number[]) => logAxis(values).place(50);
    expect(place([21, 94])).toBe(place([29, 99]));
  });
});

describe("a sparkline", () => {
  const levels = fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 240 });
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

  test("resampling keeps the mean over time and the range", () => {
    fc.assert(
      fc.property(levels, fc.integer({ min: 1, max: 200 }), (values, windows) => {
        const resampled = resample(values, windows);
        expect(resampled).toHaveLength(windows);
        const rounding = 1e-9 * Math.max(1, ...values);
        expect(Math.abs(mean(resampled) - mean(values))).toBeLessThanOrEqual(rounding);
        expect(Math.max(...resampled)).toBeLessThanOrEqual(Math.max(...values) + rounding);
        expect(Math.min(...resampled)).toBeGreaterThanOrEqual(Math.min(...values) - rounding);
      }),
    );
    expect(resample([], 10)).toEqual([]);
  });

  test("reaches from nothing to the top, and shows at least a trace of what is there", () => {
    expect(sparkline([0, 0.001, 4, 8, 12, 16, 20], 16, 2)).toEqual(["    ▄██", " ▁▄████"]);
  });
});
