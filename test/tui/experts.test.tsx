import { cleanup } from "ink-testing-library";
import { afterEach, describe, expect, test } from "vitest";
import { parseScenario } from "../../src/scenario/read.ts";
import { type RunPlan, runPlan } from "../../src/scenario/run-plan.ts";
import { drawn, expectDrawnAtAnySize } from "./drawn.tsx";
import { finished, firstFrame, smallPlan } from "./plans.ts";

const plan = (experts: string): RunPlan =>
  runPlan(
    parseScenario(`
name: drawn
model: qwen3-30b-a3b
accelerator: h100
deployment: { accelerators: 4, layout: { tensorParallel: 1d } }
experts: ${experts}
policy: { name: continuous, maxSequences: 8 }
workload:
  arrivals: { process: closed-loop, users: 8 }
  prompt: { distribution: constant, tokens: 1 }
  output: { distribution: constant, tokens: 10 }
run: { requests: 16 }
`),
  );

afterEach(cleanup);

describe("the live view of experts", () => {
  test("draws a column for each layer and says what the busiest rank does", async () => {
    const options = "{ level: sampled-per-rank, parallel: expert, maximumOver: per-layer }";
    const { frame } = await finished(plan(options));
    const lines = drawn(plan(options), frame);
    const at = lines.findIndex((line) => line.includes("Experts"));
    expect(lines[at]).toMatch(/Experts [\d.]+ of 128 a layer; busiest rank reads [\d.]+, serves [\d.]+ × its share/);
    expect(lines[at + 1]).toMatch(/^ {1,49}[ ▁▂▃▄▅▆▇█]{48} [\d.]+ to [\d.]+, by layer$/);
    const { touched, latest } = frame.experts!;
    expect(latest.touchedTotal).toBe(touched);
    expect(lines.length).toBeLessThan(24);
  });

  test("shows the mean alone where only the sum over layers was drawn, and nothing where the published formula holds", async () => {
    const sampled = plan("{ level: sampled }");
    const { frame } = await finished(plan("{ level: sampled }"));
    const text = drawn(sampled, frame).join("\n");
    expect(text).toMatch(/Experts [\d.]+ of 128 a layer\n/);
    expect(text).not.toContain("by layer");
    const { frame: published } = await finished(smallPlan());
    expect(drawn(smallPlan(), published).join("\n")).not.toContain("Experts");
  });

  test("before the first step it shows what it does not know as such, at any size", async () => {
    expectDrawnAtAnySize(() => plan("{ level: sampled, maximumOver: per-layer }"), await firstFrame());
  });
});
