import { describe, expect, test } from "vitest";
import { closedForm } from "../../src/bounds/closed-form.ts";
import { figures } from "../../src/experiment/figures.ts";
import { drawPriceChart, priceChart } from "../../src/tui/price-chart.ts";
import { finished, firstFrame, smallPlan, workloads } from "./plans.ts";

const plan = smallPlan();
const { deployment } = plan;

describe("the chart of price against speed", () => {
  test("is empty before anything is decoded", async () => {
    expect(priceChart(await firstFrame(), deployment)).toEqual({
      curve: [],
      bound: undefined,
      past: [],
      run: undefined,
    });
  });

  test("the curve is the closed form from one sequence to all that memory holds: cheaper and slower as the batch grows", async () => {
    const { report, frame } = await finished(smallPlan());
    const { curve } = priceChart(frame, deployment);
    const { architecture, accelerator, layout } = deployment;
    const alone = closedForm(architecture, accelerator, layout, 1, report.bound!.contextTokens);
    expect(curve[0]!.tokensPerSecond).toBe(alone.tokensPerSecondPerRequest);
    expect(curve[0]!.dollarsPerMillionTokens).toBe(alone.dollarsPerMillionTokens);
    for (const [index, point] of curve.slice(1).entries()) {
      expect(point.tokensPerSecond).toBeLessThan(curve[index]!.tokensPerSecond);
      expect(point.dollarsPerMillionTokens).toBeLessThan(curve[index]!.dollarsPerMillionTokens);
    }
  });

  test("the run's point is the report's, the bound's is its closed form, the past is its sections", async () => {
    const { report, frame } = await finished(smallPlan());
    const { run, bound, past } = priceChart(frame, deployment);
    expect(run).toEqual({
      tokensPerSecond: report.speedTokensPerSecondPerRequest.simulated.value,
      dollarsPerMillionTokens: report.dollarsPerMillionOutputTokens.simulated.value,
    });
    expect(bound).toEqual({
      tokensPerSecond: report.speedTokensPerSecondPerRequest.closedForm,
      dollarsPerMillionTokens: report.dollarsPerMillionOutputTokens.closedForm,
    });
    expect(past.length).toBeGreaterThan(1);
    expect(past).toEqual(
      frame.measurement.sections.map((section) => ({
        tokensPerSecond: 1 / section.latency.itlSeconds.mean,
        dollarsPerMillionTokens: figures.dollarsPerMillionTokens(section, section.total("seconds"), deployment),
      })),
    );
  });

  test("a closed loop without prompts lies on the curve", async () => {
    const loop = smallPlan("{ requests: 800 }", workloads.closedLoop);
    const { run, bound } = priceChart((await finished(loop)).frame, loop.deployment);
    expect(run!.tokensPerSecond / bound!.tokensPerSecond).toBeCloseTo(1, 6);
  });

  test("is drawn to measure, with the marks of the run and of its bound", async () => {
    const { frame } = await finished(smallPlan());
    const lines = drawPriceChart(priceChart(frame, deployment), 44, 9).map((runs) =>
      runs.map(({ text }) => text).join(""),
    );
    expect(lines).toHaveLength(9);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(44);
    expect(lines.join("\n")).toContain("●");
    expect(lines.join("\n")).toContain("◇");
    expect(lines.join("\n")).toContain("┤");
    expect(lines.at(-1)).toMatch(/\d/);
  });
});
