import { describe, expect, test } from "vitest";
import { explain } from "../../src/experiment/explain.ts";
import { synchronousPace } from "../../src/kernel/pace.ts";
import { explainText } from "../../src/report/explain-text.ts";
import { parseScenario } from "../../src/scenario/read.ts";
import { edited, small } from "../scenario/scenarios.ts";

const textOf = async (text: string) => explainText(await explain(parseScenario(text), { pace: synchronousPace }));

const staged = edited(
  small,
  "accelerators: 1 }",
  "accelerators: 2, layout: { tensorParallel: 1d, pipelineStages: 2 }, kvCache: { capacityTokens: 600 } }",
);

describe("the text of a ledger and its waterfall", () => {
  test("of a small run stands as it was agreed", async () => {
    const text = await textOf(edited(small, "requests: 10", "requests: 400"));
    await expect(text).toMatchFileSnapshot("../golden/small-explain.txt");
  });

  test.each([
    ["a pipeline with a tight cache", staged],
    ["nobody", edited(small, "requests: 10", "horizon: 1 ns")],
    ["single tokens", edited(small, "tokens: 20", "tokens: 1")],
    ["only requests that were turned away", edited(small, "tokens: 100", "tokens: 10000000")],
  ])("of %s has no NaN, no escape code, no trailing blank and no long line", async (_, scenario) => {
    const text = await textOf(scenario);
    expect(text).not.toMatch(/NaN|Infinity|undefined|null/);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: an escape code is what must not be there
    expect(text).not.toMatch(/\u001b/);
    expect(text).not.toMatch(/ $/m);
    expect(Math.max(...text.split("\n").map((line) => line.length))).toBeLessThanOrEqual(140);
  });

  test("names each stage of a pipeline that was waited for", async () => {
    const text = await textOf(edited(staged, "requests: 10", "requests: 200"));
    expect(text).toMatch(/Pipeline bubble, stage 1 +[\d.e-]+ /);
    expect(text).toMatch(/Pipeline bubble, stage 2 +[\d.e-]+ /);
  });

  test("draws every step of the waterfall from where the one below it ends", async () => {
    const text = await textOf(edited(small, "requests: 10", "requests: 400"));
    const bars = text.split("\n").filter((line) => /[█▒░]/.test(line));
    expect(bars[0]).toMatch(/frontier: .*█/);
    expect(bars.at(-1)).toMatch(/this run .*█/);
    const ends = bars.map((line) => line.length);
    expect(Math.max(...ends)).toBe(ends.at(-1));
  });
});
