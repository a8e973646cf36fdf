import fc from "fast-check";
import { lastValueFrom, tap } from "rxjs";
import { describe, expect, test } from "vitest";
import { ledgerOptions } from "../../src/experiment/ledger-options.ts";
import { planEvents } from "../../src/experiment/plan-events.ts";
import { synchronousPace } from "../../src/kernel/pace.ts";
import { simulate } from "../../src/kernel/simulate.ts";
import { type GapLedger, gapLedger } from "../../src/observe/ledger/gap-ledger.ts";
import { type Cause, causes, type Ledger } from "../../src/observe/ledger/ledger.ts";
import { checkScenario, parseScenario } from "../../src/scenario/read.ts";
import { runPlan } from "../../src/scenario/run-plan.ts";
import type { Scenario } from "../../src/scenario/schema.ts";
import type { TracePlaces } from "../../src/scenario/trace-file.ts";
import type { ReplicaRole } from "../../src/serving/cluster.ts";
import { policies } from "../../src/serving/policies.ts";
import { shipped, withPublicTrace } from "../scenario/scenarios.ts";
import { clusterOf } from "../serving/cluster-harness.ts";
import { smallStepTime } from "../serving/harness.ts";
import { alike, router } from "./clusters.ts";
import { deployments } from "./workloads.ts";

/** The ledger of a run, and the accelerator-seconds that there were. */
async function booked(scenario: Scenario, places: TracePlaces = {}) {
  const plan = runPlan(scenario, places);
  let endSeconds = Number.NaN;
  const ledger: GapLedger = await lastValueFrom(
    planEvents(plan, synchronousPace).pipe(
      tap((event) => {
        if (event.kind === "end") endSeconds = event.atSeconds;
      }),
      gapLedger(ledgerOptions(plan)),
    ),
  );
  return { ledger, acceleratorSeconds: plan.deployment.accelerators * endSeconds };
}

/** What can be negative, and why, docs/ledger.md says. */
const signed: readonly Cause[] = ["unevenContexts", "interference", "moeExcess"];

function expectToAddUp({ total, groupings }: GapLedger, acceleratorSeconds: number): void {
  const sum = ({ causes }: Ledger) => Object.values(causes).reduce((all, seconds) => all + seconds, 0);
  const tolerance = 1e-12 * acceleratorSeconds;
  expect(Math.abs(sum(total) - acceleratorSeconds)).toBeLessThanOrEqual(tolerance);
  expect(Math.abs(total.acceleratorSeconds - acceleratorSeconds)).toBeLessThanOrEqual(tolerance);
  for (const section of groupings.flat()) {
    expect(Math.abs(sum(section) - section.acceleratorSeconds)).toBeLessThanOrEqual(tolerance);
  }
  for (const cause of causes) {
    if (!signed.includes(cause)) expect([cause, total.causes[cause]]).toSatisfy(isAtLeast(-tolerance));
  }
  const bubbles = total.bubbleByStage.reduce((all, seconds) => all + seconds, 0);
  expect(Math.abs(bubbles - total.causes.pipelineBubble)).toBeLessThanOrEqual(tolerance);
}

const isAtLeast = (least: number) => (pair: readonly unknown[]) => (pair[1] as number) >= least;

describe.each(shipped.filter(({ name }) => !withPublicTrace.includes(name)))("the ledger of $name", (scenario) => {
  const { path, text } = scenario;
  test("adds up to all accelerator-seconds", async () => {
    const read = parseScenario(text, path);
    const requests = read.experts === undefined ? 300 : 64;
    const { ledger, acceleratorSeconds } = await booked(
      { ...read, run: { ...read.run, requests } },
      { scenarioFile: path },
    );
    expect(acceleratorSeconds).toBeGreaterThan(0);
    expectToAddUp(ledger, acceleratorSeconds);
  });
});

/** A policy with a cap of so many sequences for each of so many stages. */
const policyOf = (name: string, stages: number, share: number) => ({
  name,
  maxSequences: stages * share,
  ...(name === "dynamic" && { minSequences: share, timeout: "50 ms" }),
  ...(name === "chunked-prefill" && { tokenBudget: 64 }),
});

/** Deployments of one to four stages, policies, caches that are often tight, open and closed loops, with and without a horizon. */
const scenarios = fc
  .record({
    stages: fc.integer({ min: 1, max: 4 }),
    share: fc.integer({ min: 1, max: 12 }),
    policy: fc.constantFrom(...policies.names),
    capacityTokens: fc.constantFrom(4_000, 20_000, undefined),
    blockTokens: fc.constantFrom(1, 16),
    arrivals: fc.oneof(
      fc.record({ process: fc.constant("poisson"), rate: fc.double({ min: 1, max: 300, noNaN: true }) }),
      fc.record({ process: fc.constant("closed-loop"), users: fc.integer({ min: 1, max: 40 }) }),
    ),
    promptTokens: fc.integer({ min: 1, max: 400 }),
    outputTokens: fc.integer({ min: 1, max: 60 }),
    order: fc.constantFrom({ by: "fcfs" }, { by: "shortest-prompt" }, { by: "srpt", predictor: { kind: "oracle" } }),
    swap: fc.option(fc.constant({ bandwidth: 1e10, latency: 1e-3 }), { nil: undefined }),
    seed: fc.integer(),
    requests: fc.integer({ min: 1, max: 120 }),
    horizon: fc.option(fc.double({ min: 0.01, max: 3, noNaN: true }), { nil: undefined }),
  })
  .map(
    ({
      stages,
      share,
      policy,
      capacityTokens,
      blockTokens,
      swap,
      order,
      arrivals,
      promptTokens,
      outputTokens,
      ...run
    }) =>
      checkScenario({
        name: "random",
        model: "llama-3-8b",
        accelerator: "h100",
        deployment: {
          accelerators: stages,
          layout: { tensorParallel: "1d", pipelineStages: stages },
          kvCache: { blockTokens, capacityTokens, swap: stages === 1 ? swap : undefined },
        },
        policy: policyOf(policy, stages, share),
        order,
        workload: {
          arrivals,
          prompt: { distribution: "lognormal", mean: promptTokens, cv: 1, max: 2_000 },
          output: { distribution: "lognormal", mean: outputTokens, cv: 1, max: 500 },
        },
        run,
      }),
  );

test("the ledger of any run adds up, and nothing is negative that should not be", async () => {
  await fc.assert(
    fc.asyncProperty(scenarios, async (scenario) => {
      const { ledger, acceleratorSeconds } = await booked(scenario);
      expectToAddUp(ledger, acceleratorSeconds);
    }),
    { numRuns: 60 },
  );
});

/** Why what waits does not join is asked as steps begin that are told together, and around a pipeline in which phase of the run. */
const askedOnce: Readonly<Record<"leap" | "round", readonly Cause[]>> = {
  leap: ["policy", "kvCache"],
  round: ["policy", "kvCache", "arrivals", "pipelineBubble", "warmUp", "drain"],
};

/** The ledger with what is asked once for many steps taken together. */
function told({ causes: seconds }: Ledger, stages: number): Readonly<Record<string, number>> {
  const together = askedOnce[stages === 1 ? "leap" : "round"];
  const apart = Object.entries(seconds).filter(([cause]) => !together.includes(cause as Cause));
  return { ...Object.fromEntries(apart), together: together.reduce((sum, cause) => sum + seconds[cause], 0) };
}

test("the ledger of a run that leaps is that of one that steps", async () => {
  await fc.assert(
    fc.asyncProperty(scenarios, async (scenario) => {
      const of = async (mode: Scenario["run"]["mode"]) =>
        (await booked({ ...scenario, run: { ...scenario.run, mode } })).ledger.total;
      const [leap, step] = await Promise.all([of("leap"), of("step")]);
      const { pipelineStages } = scenario.deployment.layout;
      const stepped = told(step, pipelineStages);
      for (const [cause, seconds] of Object.entries(told(leap, pipelineStages))) {
        const apart = Math.abs(seconds - stepped[cause]!) / step.acceleratorSeconds;
        expect([cause, apart]).toSatisfy((pair) => (pair as [string, number])[1] < 1e-9);
      }
    }),
    { numRuns: 20 },
  );
});

test("the ledger of several replicas adds up, prompts read and outputs decoded apart or not", async () => {
  const roles = fc.constantFrom<readonly ReplicaRole[]>(
    ["mixed", "mixed"],
    ["mixed", "mixed", "mixed"],
    ["prefill", "decode"],
    ["prefill", "decode", "decode"],
  );
  await fc.assert(
    fc.asyncProperty(roles, router, alike, deployments, async (ofReplicas, routerOf, jobs, member) => {
      const stages = member.stages ?? 1;
      const maxSequences = stages * 6;
      const { time, model } = clusterOf({
        members: ofReplicas.map((role) => ({ ...member, maxSequences, role })),
        router: routerOf,
        link: { bytesPerSecond: 1e7, latencySeconds: 1e-3, sharedBy: "pool" },
        jobs,
      });
      const stepTime = smallStepTime(stages);
      let endSeconds = Number.NaN;
      const ledger = await lastValueFrom(
        simulate(time, model, { pace: synchronousPace }).pipe(
          tap(({ kind, atSeconds }) => {
            if (kind === "end") endSeconds = atSeconds;
          }),
          gapLedger({
            replicas: ofReplicas.length,
            layout: stepTime.layout,
            bound: { seconds: (shape) => stepTime.time(shape).tripSeconds },
            maxSequences,
            kvCapacityTokens: 1_000_000,
          }),
        ),
      );
      expectToAddUp(ledger, ofReplicas.length * stages * endSeconds);
    }),
    { numRuns: 30 },
  );
});
