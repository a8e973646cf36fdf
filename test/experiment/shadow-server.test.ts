import { describe, expect, test } from "vitest";
import { replicatedFigures } from "../../src/experiment/replicated-figures.ts";
import { madeHere, type RunOrder } from "../../src/experiment/replications.ts";
import type { RunSummary } from "../../src/experiment/run-summary.ts";
import { shadowServer } from "../../src/experiment/shadow-server.ts";
import { synchronousPace } from "../../src/kernel/pace.ts";
import { parseScenario } from "../../src/scenario/read.ts";
import { covers, relativeHalfWidth, studentInterval } from "../../src/theory/statistics/interval.ts";
import { edited, small } from "../scenario/scenarios.ts";

/** Llama 3 8B on one H100 under 90 % of what a batch of four can serve. */
const crowded = `name: crowded
model: llama-3-8b
accelerator: h100
deployment: { accelerators: 1 }
policy: { name: continuous, maxSequences: 4 }
workload:
  arrivals: { process: poisson, rate: 25/s }
  prompt: { distribution: lognormal, mean: 100, cv: 1, max: 2000 }
  output: { distribution: geometric, mean: 25 }
run: { seed: 1, requests: 1000 }
`;

async function runsOf(text: string, count: number): Promise<RunSummary[]> {
  const order: Omit<RunOrder, "name"> = {
    scenario: parseScenario(text),
    places: {},
    cut: { arrivals: 200, drainSeconds: 2, settled: true },
    controlled: true,
  };
  const runs: RunSummary[] = [];
  for (let index = 0; index < count; index++) {
    runs.push(await madeHere({ ...order, name: `replication ${index}` }, { pace: synchronousPace }));
  }
  return runs;
}

describe("the shadow server", () => {
  test("has control variates of mean zero: 99.9 % intervals over 200 runs", async () => {
    const runs = await runsOf(crowded, 200);
    for (const control of [0, 1]) {
      const values = runs.map(({ controls }) => controls[control]!);
      expect(covers(studentInterval(values, 0.999, "replications"), 0)).toBe(true);
      expect(new Set(values).size).toBe(200);
    }
  });

  test("moves with the queue of the batch: intervals of the mean TTFT are less than two thirds as wide", async () => {
    const runs = await runsOf(crowded, 60);
    const controlled = replicatedFigures(runs, 0.95).mean("timeToFirstToken");
    const plain = replicatedFigures(
      runs.map((run) => ({ ...run, controls: [] })),
      0.95,
    ).mean("timeToFirstToken");
    expect(relativeHalfWidth(controlled)).toBeLessThan((2 / 3) * relativeHalfWidth(plain));
    expect([controlled.method, plain.method]).toEqual(["control variates", "replications"]);
  });

  test.each([
    ["several replicas", "accelerators: 1 }", "accelerators: 1, replicas: 2, router: { name: random } }"],
    ["users of a closed loop", "{ process: poisson, rate: 25/s }", "{ process: closed-loop, users: 5 }"],
    ["arrivals that are not Poisson", "{ process: poisson, rate: 25/s }", "{ process: gamma, rate: 25/s, cv: 2 }"],
    ["a run that may end before all have come", "requests: 1000", "requests: 1000, horizon: 20"],
    ["a batch that is one such server itself", "maxSequences: 4", "maxSequences: 1"],
    ["a batch that holds all that come", "maxSequences: 4", "maxSequences: 1000"],
  ])("there is none for %s", (_, piece, replacement) => {
    expect(shadowServer(parseScenario(crowded))).toBeDefined();
    expect(shadowServer(parseScenario(edited(crowded, piece, replacement)))).toBeUndefined();
  });

  test("the length of a run says how near to capacity it may be", () => {
    for (const requests of [20, 1_000_000]) {
      expect(shadowServer(parseScenario(edited(small, "requests: 10", `requests: ${requests}`)))).toBeDefined();
    }
  });
});
