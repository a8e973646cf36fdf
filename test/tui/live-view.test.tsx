import fc from "fast-check";
import { cleanup } from "ink-testing-library";
import { afterEach, describe, expect, test } from "vitest";
import { arrange } from "../../src/tui/arrangement.ts";
import type { Stage } from "../../src/tui/live-view-props.ts";
import { palette } from "../../src/tui/palette.ts";
import { nothing } from "../../src/tui/text.ts";
import { drawn } from "./drawn.tsx";
import { finished, firstFrame, smallPlan } from "./plans.ts";

afterEach(cleanup);

describe("the live view", () => {
  test("before the first token it shows what it does not know as such", async () => {
    const text = drawn(smallPlan(), await firstFrame()).join("\n");
    expect(text).not.toMatch(/NaN|∞|Infinity|undefined/);
    expect(text).toMatch(new RegExp(`TTFT p99 +${nothing}`));
    expect(text).toMatch(new RegExp(`MFU +${nothing} +${nothing} +${nothing}`));
    expect(text).toContain("nothing decoded yet");
    expect(text).toContain("nothing booked yet");
  });

  test("shows the figures of the report, with their units", async () => {
    const { report, frame } = await finished(smallPlan());
    const text = drawn(smallPlan(), frame).join("\n");
    const { simulated, closedForm, ratio } = report.dollarsPerMillionOutputTokens;
    const digits = (value: number | null) => value!.toPrecision(3);
    expect(text).toMatch(/finished +200/);
    expect(text).toContain("200 of 200 requests finished");
    expect(text).toMatch(
      new RegExp(`\\$/M output tokens +${[simulated.value, closedForm, ratio].map(digits).join(" +")}`),
    );
    expect(text).toMatch(new RegExp(`TPOT mean +${digits(1000 * report.latency.tpotSeconds.mean.value!)} ms`));
    expect(text).toMatch(new RegExp(`MFU +${digits(100 * report.mfu.simulated.value!)} %`));
    expect(text).toContain(`at ${digits(report.bound!.batch)} sequences`);
    expect(text).toContain(`bound by ${report.bound!.binding}`);
    for (const words of ["KV cache", "sequences", "requests", "s simulated", "tokens/s/request", "● run", "q stop"]) {
      expect(text).toContain(words);
    }
  });

  test("says how the run is driven and how it ended", async () => {
    const { frame } = await finished(smallPlan());
    const first = await firstFrame();
    const head = (changes: Partial<Stage>, of = frame) =>
      drawn(smallPlan(), of, 80, 24, changes).slice(0, 3).join("\n");
    expect(head({ controls: { speed: 250, paused: false } })).toMatch(/running.*250 × real time/s);
    expect(head({ controls: { speed: undefined, paused: true } })).toMatch(/paused.*as fast as possible/s);
    expect(head({ ended: true })).toMatch(/done.*100 %/s);
    expect(head({ ended: true }, first)).toMatch(/stopped.* 0 %/s);
    expect(drawn(smallPlan(), frame, 80, 24, { ended: true }).join("\n")).not.toContain("q stop");
  });

  test("80 × 24 is enough for all of it", async () => {
    const lines = drawn(smallPlan(), (await finished(smallPlan())).frame);
    expect(lines).toHaveLength(23);
    expect(lines.join("\n")).not.toContain("…");
    for (const words of [
      "Requests",
      "Latency",
      "Beside the bound",
      "Queue",
      "Batch",
      "KV cache",
      "$/M output tokens",
      "Time",
      "useful",
    ]) {
      expect(lines.join("\n")).toContain(words);
    }
  });

  test("whatever the size of the terminal, it stays within its width and below its height", async () => {
    const { frame } = await finished(smallPlan());
    const plan = smallPlan();
    fc.assert(
      fc.property(fc.integer({ min: 3, max: 100 }), fc.integer({ min: 5, max: 60 }), (columns, rows) => {
        const lines = drawn(plan, frame, columns, rows);
        expect(lines.length).toBeLessThan(rows);
        expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(columns);
      }),
      { numRuns: 60 },
    );
  });

  test("wider and higher terminals are put to use", () => {
    const usual = arrange(80, 24);
    const large = arrange(160, 50);
    expect(large.chartColumns).toBeGreaterThan(usual.chartColumns);
    expect(large.historyColumns).toBeGreaterThan(usual.historyColumns);
    expect(large.historyRows).toBeGreaterThan(usual.historyRows);
  });
});

describe("the palette", () => {
  test("has no hue under NO_COLOR", () => {
    const hues = (environment: { NO_COLOR?: string }) =>
      Object.values(palette(environment)).filter((style) => style.color !== undefined);
    expect(hues({ NO_COLOR: "1" })).toEqual([]);
    expect(hues({}).length).toBeGreaterThan(3);
    expect(palette({ NO_COLOR: "" })).toEqual(palette({}));
  });
});
