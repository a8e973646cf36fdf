import { existsSync } from "node:fs";
import { checkScenario, readScenario } from "../src/scenario/read.ts";
import type { Scenario } from "../src/scenario/schema.ts";
import { type BenchRow, medianSeconds } from "./bench.ts";
import { booked, measured, poissonScenario, runRows, saturationRate } from "./runs.ts";

/** Where the public traces may lie; what needs them is left out where they do not. */
const tracesFolder = process.env.BATCHYARD_TRACES ?? "../shared/traces";

/** The headline: 40,000 requests at 75 % of the load that the deployment can carry. */
export async function headline(requests = 40_000): Promise<Scenario> {
  return poissonScenario(requests, 0.75 * (await saturationRate()));
}

/** The headline on several replicas, with as many times the requests. */
async function onReplicas(replicas: number): Promise<Scenario> {
  const requests = replicas * 10_000;
  const scenario = poissonScenario(requests, replicas * 0.75 * (await saturationRate()));
  return { ...scenario, deployment: { ...scenario.deployment, replicas, router: { name: "least-requests" } } };
}

/** Everything at time 0, equal lengths: what a batch benchmark sends. */
function backlog(): Scenario {
  return checkScenario({
    name: "backlog",
    model: "llama-3-70b",
    accelerator: "h100",
    deployment: { accelerators: 8 },
    policy: { name: "continuous", maxSequences: 256 },
    workload: {
      arrivals: { process: "closed-loop", users: 10_000 },
      prompt: { distribution: "constant", tokens: 512 },
      output: { distribution: "constant", tokens: 512 },
    },
    run: { seed: 1, requests: 10_000 },
  });
}

function inMode(scenario: Scenario, mode: Scenario["run"]["mode"]): Scenario {
  return { ...scenario, run: { ...scenario.run, mode } };
}

/** Whole scenarios with all metrics on, and leaping beside stepping. */
export async function servingBench(): Promise<BenchRow[]> {
  const at75 = await headline();
  const rows = [
    ...(await runRows("75 % load, 40,000 requests", at75)),
    ...(await runRows("default scenario", readScenario("scenarios/default.yaml"))),
    ...(await runRows("past saturation", readScenario("scenarios/poisson-saturation.yaml"))),
    ...(await runRows("bursts at time 0, 10,000 × 512/512", backlog())),
    ...(await runRows("closed loop", readScenario("scenarios/saturated.yaml"))),
    ...(await runRows("two stages", readScenario("scenarios/two-stages.yaml"))),
    ...(await runRows("four replicas, each at 75 % load", await onReplicas(4))),
    ...(await runRows("prompts read and outputs decoded apart", readScenario("scenarios/split-loses.yaml"))),
  ];
  if (existsSync(tracesFolder)) {
    rows.push(...(await runRows("Azure trace", readScenario("scenarios/azure-conversation.yaml"), { tracesFolder })));
    rows.push(...(await runRows("Mooncake trace", readScenario("scenarios/mooncake.yaml"), { tracesFolder })));
  }
  for (const [name, scenario] of [
    ["75 % load", at75],
    ["closed loop", readScenario("scenarios/saturated.yaml")],
  ] as const) {
    const leap = await medianSeconds(() => measured(inMode(scenario, "leap")));
    const step = await medianSeconds(() => measured(inMode(scenario, "step")));
    rows.push({ name: `${name}: leaping over stepping`, value: step / leap, unit: "×" });
  }
  const without = await medianSeconds(() => booked(at75, false));
  const withLedger = await medianSeconds(() => booked(at75, true));
  rows.push({ name: "75 % load: with the gap ledger over without", value: withLedger / without, unit: "×" });
  return rows;
}
