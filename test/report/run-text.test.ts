import { describe, expect, test } from "vitest";
import { run } from "../../src/experiment/run.ts";
import type { RunReport } from "../../src/experiment/run-report.ts";
import { synchronousPace } from "../../src/kernel/pace.ts";
import { runText } from "../../src/report/run-text.ts";
import { parseScenario } from "../../src/scenario/read.ts";
import { runPlan } from "../../src/scenario/run-plan.ts";
import { edited, small, twoClasses } from "../scenario/scenarios.ts";

const reportOf = (text: string): Promise<RunReport> => run(runPlan(parseScenario(text)), { pace: synchronousPace });

const nobody = edited(small, "requests: 10", "horizon: 1 ns");
const rejected = edited(small, "tokens: 100", "tokens: 10000000");
const oneToken = edited(small, "tokens: 20", "tokens: 1");

describe("the text of a report", () => {
  test("of a small run stands as it was agreed", async () => {
    const text = runText(await reportOf(edited(small, "requests: 10", "requests: 400")));
    await expect(text).toMatchFileSnapshot("../golden/small-run.txt");
  });

  test("of a run of classes with targets, some turned away, stands as it was agreed", async () => {
    await expect(runText(await reportOf(twoClasses))).toMatchFileSnapshot("../golden/two-classes.txt");
  });

  test.each([
    ["ten requests", small],
    ["two classes", twoClasses],
    ["two classes until a horizon", edited(twoClasses, "requests: 2000", "horizon: 3 s")],
    ["nobody", nobody],
    ["only requests that were turned away", rejected],
    ["single tokens", oneToken],
  ])("of %s has no NaN, no escape code, no trailing blank and no long line", async (_, scenario) => {
    const text = runText(await reportOf(scenario));
    expect(text).not.toMatch(/NaN|Infinity|undefined|null/);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: an escape code is what must not be there
    expect(text).not.toMatch(/\u001b/);
    expect(text).not.toMatch(/ $/m);
    expect(Math.max(...text.split("\n").map((line) => line.length))).toBeLessThanOrEqual(100);
    expect(text.endsWith("\n")).toBe(true);
  });

  test("shows a dash for each figure that was not measured", async () => {
    const text = runText(await reportOf(nobody));
    expect(text).toMatch(/TTFT +– +– +– +– +–\n/);
    expect(text).toContain("  nothing decoded\n");
    expect(text).toMatch(/Speed of a request +– +– +–\n/);
  });

  test("says where a percentile falls among requests that were not served", async () => {
    const none = runText(await reportOf(rejected));
    expect(none).toMatch(/TTFT +– +not served +not served +not served +–\n/);
    expect(none).toContain("100 ± – % rejected");
    expect(none).toContain("They rank rejected requests beyond all others");
    const served = runText(await reportOf(small));
    expect(served).not.toContain("not served");
    expect(served).not.toContain("They rank");
  });

  test("shows waste where there was any", async () => {
    const report = await reportOf(small);
    expect(runText(report)).not.toContain("Wasted");
    const wasteful = runText({
      ...report,
      tokens: { ...report.tokens, draftsRejected: 1234 },
      overheads: { draftSeconds: 1, swapSeconds: 0.25 },
      occupancy: { ...report.occupancy, paddingShare: { value: 0.125, halfWidth: null } },
    });
    expect(wasteful).toMatch(/Wasted +1,234 drafts rejected +250 ms swapping +12.5 ± – % padding\n/);
  });

  test("says how the run ended", async () => {
    const report = await reportOf(small);
    expect(runText(report)).toContain("until all requests were served");
    expect(runText({ ...report, ended: "horizon" })).toContain("until the horizon");
    expect(runText({ ...report, ended: "stopped" })).toContain("then stopped");
  });

  test("shows the description where there is one", async () => {
    const report = await reportOf(small);
    expect(runText(report).split("\n")[0]).toBe("small");
    expect(runText({ ...report, description: "ten requests" }).split("\n")[0]).toBe("small: ten requests");
  });
});
