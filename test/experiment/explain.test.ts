import { describe, expect, test } from "vitest";
import { type ExplainReport, explain } from "../../src/experiment/explain.ts";
import { run } from "../../src/experiment/run.ts";
import { synchronousPace } from "../../src/kernel/pace.ts";
import { parseScenario } from "../../src/scenario/read.ts";
import { runPlan } from "../../src/scenario/run-plan.ts";
import { edited, small } from "../scenario/scenarios.ts";
import { busy } from "./runs.ts";

const explained = (text: string): Promise<ExplainReport> => explain(parseScenario(text), { pace: synchronousPace });

const relative = (one: number, other: number) => Math.abs(one / other - 1);

/** A run that is all the closed form assumes. */
const saturated = `
name: all off
model: llama-3-70b
accelerator: h100
deployment: { accelerators: 8 }
policy: { name: continuous, maxSequences: 64 }
workload:
  arrivals: { process: closed-loop, users: 64 }
  prompt: { distribution: constant, tokens: 1 }
  output: { distribution: constant, tokens: 40 }
run: { seed: 1, requests: 640 }
`;

describe("the ledger of a report", () => {
  test("adds up to the price that the run's own report gives", async () => {
    const { ledger, waterfall } = await explained(busy);
    const report = await run(runPlan(parseScenario(busy)), { pace: synchronousPace });
    const price = report.dollarsPerMillionOutputTokens.simulated;
    const sum = ledger.causes.reduce((all, { dollarsPerMillionTokens: { value } }) => all + value!, 0);
    expect(relative(sum, price.value!)).toBeLessThan(1e-12);
    expect(relative(waterfall!.realisedDollarsPerMillionTokens.value!, price.value!)).toBeLessThan(1e-12);
    expect(waterfall!.realisedDollarsPerMillionTokens.halfWidth).toBeCloseTo(price.halfWidth!, 6);
    expect(ledger.causes.reduce((all, { share }) => all + share.value!, 0)).toBeCloseTo(1, 12);
  });

  test("gives intervals where sections allow them, and none for what comes once", async () => {
    const { ledger } = await explained(edited(busy, "requests: 600", "requests: 2000"));
    const of = (name: string) => ledger.causes.find(({ cause }) => cause === name)!;
    for (const name of ["usefulDecode", "arrivals", "prefill"]) {
      const { value, halfWidth } = of(name).share;
      expect(halfWidth).toBeGreaterThan(0);
      expect(halfWidth).toBeLessThan(0.2 * value!);
    }
    expect([of("warmUp").share.halfWidth, of("drain").share.halfWidth]).toEqual([null, null]);
  });

  test("of a run in which the closed form's assumptions hold is useful decode and nothing else", async () => {
    const { ledger, waterfall } = await explained(saturated);
    const { accelerators } = waterfall!.fullBatch;
    expect(accelerators).toBe(8);
    for (const { cause, share } of ledger.causes) {
      expect(Math.abs(share.value! - (cause === "usefulDecode" ? 1 : 0))).toBeLessThan(1e-12);
    }
    expect(
      relative(waterfall!.realisedDollarsPerMillionTokens.value!, waterfall!.fullBatch.dollarsPerMillionTokens),
    ).toBeLessThan(1e-9);
  });

  test("has a bubble for every stage of a pipeline, and none without one", async () => {
    const stagesOf = ({ ledger }: ExplainReport) => ledger.causes.flatMap(({ stage }) => stage ?? []);
    const staged = edited(
      small,
      "accelerators: 1 }",
      "accelerators: 2, layout: { tensorParallel: 1d, pipelineStages: 2 } }",
    );
    expect(stagesOf(await explained(staged))).toEqual([1, 2]);
    expect(stagesOf(await explained(small))).toEqual([]);
  });
});
