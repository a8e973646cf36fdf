import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { causes, type Ledger } from "../../src/observe/ledger/ledger.ts";
import { drawLedgerStrip, ledgerStrip } from "../../src/tui/ledger-strip.ts";

/** A ledger of a hundred accelerator-seconds. */
const ledger = (seconds: Partial<Ledger["causes"]>): Ledger => ({
  causes: { ...Object.fromEntries(causes.map((cause) => [cause, 0])), ...seconds } as Ledger["causes"],
  bubbleByStage: [],
  acceleratorSeconds: 100,
  outputTokens: 1,
  fullBatch: 1,
  contextTokens: 1,
});

const textOf = (of: Ledger | undefined, columns: number) =>
  drawLedgerStrip(ledgerStrip(of), columns)
    .map(({ text }) => text)
    .join("");

describe("the bar of the ledger", () => {
  test("shows useful decode, what else took the most time, and the rest", () => {
    const text = textOf(ledger({ usefulDecode: 50, prefill: 25, idle: 15, drain: 6, warmUp: 4 }), 80);
    const [, bar, legend] = /^([█▓▒░]+) (.*)$/.exec(text)!;
    expect(legend).toBe("█ useful 50 % ▓ prefill 25 % ▒ idle 15 % ░ other 10 %");
    const share = (mark: string) => bar!.split(mark).length - 1;
    for (const [mark, percent] of [
      ["█", 50],
      ["▓", 25],
      ["▒", 15],
      ["░", 10],
    ] as const) {
      expect(Math.abs(share(mark) / bar!.length - percent / 100)).toBeLessThan(1 / bar!.length);
    }
  });

  test("leaves out what reads as nothing, and gives what saves time a figure but no piece", () => {
    const text = textOf(ledger({ usefulDecode: 107.1, moeExcess: -7.4, drain: 0.3 }), 60);
    expect(text).toMatch(/^█+ █ useful 107 % ░ other -7 %$/);
  });

  test("fills its line and never exceeds it, dropping what does not fit", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 12, max: 160 }),
        fc.array(fc.double({ min: 0, max: 100, noNaN: true }), { minLength: causes.length, maxLength: causes.length }),
        (columns, amounts) => {
          fc.pre(amounts.some((amount) => amount > 10));
          const text = textOf(
            ledger(Object.fromEntries(causes.map((cause, place) => [cause, amounts[place]!]))),
            columns,
          );
          expect(text.length).toBe(columns);
        },
      ),
      { numRuns: 200 },
    );
  });

  test("says so where nothing is booked", () => {
    expect(textOf(undefined, 60)).toBe("nothing booked yet");
    expect(textOf({ ...ledger({}), acceleratorSeconds: 0 }, 60)).toBe("nothing booked yet");
  });
});
