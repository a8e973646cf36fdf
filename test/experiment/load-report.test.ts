import { describe, expect, test } from "vitest";
import { loadReport } from "../../src/experiment/load-report.ts";
import { lengthMoments } from "../../src/experiment/scenario-load.ts";
import { loadText } from "../../src/report/load-text.ts";
import { checkScenario } from "../../src/scenario/read.ts";
import { momentsOfRequests } from "../../src/workload/request-moments.ts";

const scenario = (rate: string) =>
  checkScenario({
    name: "steady",
    model: "llama-3-70b",
    accelerator: "h100",
    deployment: { accelerators: 8 },
    policy: { name: "continuous", maxSequences: 64 },
    workload: {
      arrivals: { process: "poisson", rate },
      prompt: { distribution: "constant", tokens: 500 },
      output: { distribution: "empirical", values: [100, 300] },
    },
    run: { requests: 4_000 },
  });

describe("a scenario under load", () => {
  test("settles where it makes the tokens that are asked for", () => {
    const report = loadReport(scenario("5/s"));
    expect(report.meanPromptTokens).toBe(500);
    expect(report.meanOutputTokens).toBe(200);
    expect(report.largestBatch).toBe(64);
    expect(report.overload).toBe(false);
    const { steady } = report;
    expect(steady!.batch / steady!.secondsPerToken / (5 * report.meanOutputTokens)).toBeCloseTo(1, 9);
    expect(loadText(report)).toContain("% of capacity");
  });

  test("beyond capacity is overload", () => {
    const report = loadReport(scenario("500/s"));
    expect(report).toMatchObject({ overload: true, steady: null });
    expect(report.utilisation).toBeGreaterThan(1);
    expect(loadText(report)).toContain("Overload");
  });

  test("without a rate is a clear error", () => {
    const closed = { ...scenario("5/s"), workload: { ...scenario("5/s").workload } };
    const users = { process: "closed-loop", users: 4, thinkTime: 0, thinkDistribution: "constant" } as const;
    Object.assign(closed.workload, { arrivals: users });
    expect(() => loadReport(closed)).toThrow(/closed-loop arrivals have no rate/);
  });

  test("takes its moments over the requests themselves", () => {
    const moments = lengthMoments(
      momentsOfRequests([
        { promptTokens: 10, outputTokens: 2 },
        { promptTokens: 30, outputTokens: 4 },
      ]),
    );
    expect(moments).toEqual({
      meanInput: 20,
      meanOutput: 3,
      meanInputSquared: 500,
      meanOutputSquared: 10,
      meanInputOutput: 70,
    });
  });
});
