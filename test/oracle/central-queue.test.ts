import { lastValueFrom } from "rxjs";
import { describe, expect, test } from "vitest";
import { foretellScenario } from "../../src/experiment/check.ts";
import { synchronousPace } from "../../src/kernel/pace.ts";
import { simulate } from "../../src/kernel/simulate.ts";
import { requestHistory } from "../../src/observe/request-history.ts";
import { checkScenario } from "../../src/scenario/read.ts";
import { runPlan } from "../../src/scenario/run-plan.ts";
import type { Scenario } from "../../src/scenario/schema.ts";
import { studentInterval } from "../../src/theory/statistics/interval.ts";

const replicas = 4;
const seeds = 24;
const requests = 4_000;
const warmUp = 400;

/** Requests that are all alike, one at a time at each of four replicas, at a load of about 80 %. */
function servers(router: string, output: object): Scenario {
  return checkScenario({
    name: "servers",
    model: "llama-3-8b",
    accelerator: "h100",
    deployment: { accelerators: 1, replicas, router: { name: router } },
    policy: { name: "continuous", maxSequences: 1 },
    workload: {
      arrivals: { process: "poisson", rate: (0.8 * replicas) / 0.12 },
      prompt: { distribution: "constant", tokens: 400 },
      output,
    },
    run: { seed: 1, requests },
  });
}

const equal = { distribution: "constant", tokens: 20 };

/** Mean of some figure of each run, warm-up left out: one value for each seed from 1. */
function means(scenario: Scenario, of: "waitSeconds" | "sojournSeconds"): Promise<number[]> {
  return Promise.all(
    Array.from({ length: seeds }, async (_, seed) => {
      const { time, model } = runPlan({ ...scenario, run: { ...scenario.run, seed: seed + 1 } });
      const history = await lastValueFrom(
        simulate(time, model, { pace: synchronousPace }).pipe(requestHistory({ replicas, queues: 1 })),
      );
      const values = history[of].subarray(warmUp);
      return values.reduce((sum, value) => sum + value, 0) / values.length;
    }),
  );
}

/** Mean of a quantity as a prediction has it. */
function predicted(scenario: Scenario, name: string, quantity: "wait" | "sojourn"): number {
  const found = foretellScenario(scenario).find(({ prediction }) => prediction.name === name)!;
  if (!("figures" in found)) throw new Error(found.inapplicable);
  return found.figures.find((figure) => figure.quantity === quantity && figure.statistic === "mean")!.value;
}

describe("a central queue before replicas that serve one request at a time", () => {
  test(`waits as M/D/c says (99 % interval of ${seeds} seeds from 1)`, async () => {
    const scenario = servers("central-queue", equal);
    const wait = predicted(scenario, "M/D/c", "wait");
    const { low, high } = studentInterval(await means(scenario, "waitSeconds"), 0.99, "replications");
    expect(wait).toBeGreaterThan(low);
    expect(wait).toBeLessThan(high);
    // The interval is narrow enough to tell the neighbours apart.
    expect(high - low).toBeLessThan(0.3 * wait);
  });

  // With equal services replicas come free in the order in which they took requests: one queue deals in turn, too.
  test("and where arrivals are dealt out in turn, every run waits as long (1e-9, same seeds)", async () => {
    const shared = await means(servers("central-queue", equal), "waitSeconds");
    const dealt = await means(servers("round-robin", equal), "waitSeconds");
    shared.forEach((wait, seed) => {
      expect(Math.abs(dealt[seed]! / wait - 1)).toBeLessThan(1e-9);
    });
  });

  test(`waits as M/D/1 of a fourth of the arrivals says where these are dealt out at random (99 %, same seeds)`, async () => {
    const scenario = servers("random", equal);
    const wait = predicted(scenario, "M/D/1", "wait");
    const { low, high } = studentInterval(await means(scenario, "waitSeconds"), 0.99, "replications");
    expect(wait).toBeGreaterThan(low);
    expect(wait).toBeLessThan(high);
    expect(low).toBeGreaterThan(2 * predicted(servers("central-queue", equal), "M/D/c", "wait"));
  });
});

test("predictions of several replicas apply by their router", () => {
  const namesOf = (scenario: Scenario) =>
    foretellScenario(scenario).flatMap((one) => ("figures" in one ? [one.prediction.name] : []));
  expect(namesOf(servers("central-queue", equal))).toContain("M/D/c");
  expect(namesOf(servers("least-requests", equal))).not.toContain("M/D/c");
  expect(namesOf(servers("least-requests", equal))).not.toContain("M/D/1");
  const outputs = { distribution: "geometric", mean: 20 };
  const memoryless = checkScenario({
    ...servers("central-queue", outputs),
    workload: { ...servers("central-queue", outputs).workload, prompt: { distribution: "constant", tokens: 1 } },
  });
  expect(namesOf(memoryless)).toContain("M/M/c");
});
