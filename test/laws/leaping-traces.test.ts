import { existsSync } from "node:fs";
import { lastValueFrom, reduce } from "rxjs";
import { describe, expect, test } from "vitest";
import { synchronousPace } from "../../src/kernel/pace.ts";
import { simulate } from "../../src/kernel/simulate.ts";
import { readScenario } from "../../src/scenario/read.ts";
import { runPlan } from "../../src/scenario/run-plan.ts";
import type { Scenario } from "../../src/scenario/schema.ts";
import type { RequestRecord } from "../../src/serving/request.ts";

const tracesFolder = process.env.BATCHYARD_TRACES ?? "../shared/traces";

/** Every request of a scenario's trace, as it stood at its end. */
function served(scenario: Scenario, mode: Scenario["run"]["mode"]): Promise<RequestRecord[]> {
  const plan = runPlan({ ...scenario, run: { ...scenario.run, mode } }, { tracesFolder });
  return lastValueFrom(
    simulate(plan.time, plan.model, { pace: synchronousPace }).pipe(
      reduce((requests: RequestRecord[], event) => {
        if (event.kind === "finish") requests[event.request.id] = event.request;
        return requests;
      }, []),
    ),
  );
}

/** One stage, so that there is something to leap over; short of KV cache, so that sequences are preempted. */
const oneTightStage = (scenario: Scenario): Scenario => ({
  ...scenario,
  deployment: {
    ...scenario.deployment,
    layout: { ...scenario.deployment.layout, pipelineStages: 1 },
    kvCache: { ...scenario.deployment.kvCache, blockTokens: 16, capacityTokens: 400_000 },
  },
});

describe.skipIf(!existsSync(tracesFolder))("whole traces (skipped where the public traces are not at hand)", () => {
  test.each([
    ["Azure", 19_366, readScenario("scenarios/azure-conversation.yaml")],
    ["Mooncake", 12_031, readScenario("scenarios/mooncake.yaml")],
    ["Mooncake on one stage, short of cache", 12_031, oneTightStage(readScenario("scenarios/mooncake.yaml"))],
  ])("%s: every request fares the same, leapt or stepped (1e-9)", async (_, count, scenario) => {
    const steps = await served(scenario, "step");
    const leaps = await served(scenario, "leap");
    expect(steps.length).toBe(count);
    let worst = 0;
    let preemptions = 0;
    steps.forEach((step, id) => {
      const leap = leaps[id]!;
      if (leap.preemptions !== step.preemptions) throw new Error(`request ${id}: ${leap.preemptions} preemptions`);
      preemptions += step.preemptions;
      worst = Math.max(
        worst,
        Math.abs(leap.firstTokenSeconds / step.firstTokenSeconds - 1),
        Math.abs(leap.finishSeconds / step.finishSeconds - 1),
      );
    });
    expect(worst).toBeLessThan(1e-9);
    if (scenario.deployment.kvCache.capacityTokens !== undefined) expect(preemptions).toBeGreaterThan(100);
  });
});
