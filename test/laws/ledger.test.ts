import fc from "fast-check";
import { lastValueFrom, tap } from "rxjs";
import { describe, expect, test } from "vitest";
import { ledgerOptions } from "../../src/experiment/ledger-options.ts";
import { planEvents } from "../../src/experiment/plan-events.ts";
import { synchronousPace } from "../../src/kernel/pace.ts";
import { type GapLedger, gapLedger } from "../../src/observe/ledger/gap-ledger.ts";
import { type Cause, causes, type Ledger } from "../../src/observe/ledger/ledger.ts";
import { checkScenario, parseScenario } from "../../src/scenario/read.ts";
import { runPlan } from "../../src/scenario/run-plan.ts";
import type { Scenario } from "../../src/scenario/schema.ts";
import type { TracePlaces } from "../../src/scenario/trace-file.ts";
import { policies } from "../../src/serving/policies.ts";
import { shipped, withPublicTrace } from "../scenario/scenarios.ts";

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
  const { accelerators, replicas } = scenario.deployment;
  return { ledger, acceleratorSeconds: replicas * accelerators * endSeconds };
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
    const requests = read.experts === undefined ? 600 : 64;
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
    seed: fc.integer(),
    requests: fc.integer({ min: 1, max: 120 }),
    horizon: fc.option(fc.double({ min: 0.01, max: 3, noNaN: true }), { nil: undefined }),
  })
  .map(({ stages, share, policy, capacityTokens, blockTokens, arrivals, promptTokens, outputTokens, ...run }) =>
    checkScenario({
      name: "random",
      model: "llama-3-8b",
      accelerator: "h100",
      deployment: {
        accelerators: stages,
        layout: { tensorParallel: "1d", pipelineStages: stages },
        kvCache: { blockTokens, ...(capacityTokens !== undefined && { capacityTokens }) },
      },
      policy: policyOf(policy, stages, share),
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
    { numRuns: 100 },
  );
});

test("the ledger of a run that leaps is that of one that steps", async () => {
  await fc.assert(
    fc.asyncProperty(scenarios, async (scenario) => {
      const of = async (mode: Scenario["run"]["mode"]) =>
        (await booked({ ...scenario, run: { ...scenario.run, mode } })).ledger.total;
      const [leap, step] = await Promise.all([of("leap"), of("step")]);
      for (const cause of causes) {
        const apart = Math.abs(leap.causes[cause] - step.causes[cause]);
        expect([cause, apart / step.acceleratorSeconds]).toSatisfy((pair) => (pair as [Cause, number])[1] < 1e-9);
      }
    }),
    { numRuns: 30 },
  );
});
