import { connect, lastValueFrom, type Observable, of, reduce, zip } from "rxjs";
import { ledgerOptions } from "../src/experiment/ledger-options.ts";
import { synchronousPace } from "../src/kernel/pace.ts";
import { simulate } from "../src/kernel/simulate.ts";
import { gapLedger } from "../src/observe/ledger/gap-ledger.ts";
import { type Measurement, measurement } from "../src/observe/measurement.ts";
import { checkScenario } from "../src/scenario/read.ts";
import { type RunPlan, runPlan } from "../src/scenario/run-plan.ts";
import type { Scenario } from "../src/scenario/schema.ts";
import type { TracePlaces } from "../src/scenario/trace-file.ts";
import type { ServingEvent } from "../src/serving/events.ts";
import { type BenchRow, medianSeconds } from "./bench.ts";

const onEightAccelerators = {
  name: "bench",
  model: "llama-3-70b",
  accelerator: "h100",
  deployment: { accelerators: 8 },
};

/** Poisson arrivals with lognormal prompts (mean 1,000) and outputs (mean 250), Llama 3 70B on 8 × H100. */
export function poissonScenario(requests: number, ratePerSecond: number): Scenario {
  return checkScenario({
    ...onEightAccelerators,
    policy: { name: "continuous", maxSequences: 256 },
    workload: {
      arrivals: { process: "poisson", rate: ratePerSecond },
      prompt: { distribution: "lognormal", mean: 1000, cv: 1, max: 16_384 },
      output: { distribution: "lognormal", mean: 250, cv: 1, max: 8192 },
    },
    run: { seed: 1, requests },
  });
}

/** As many users as sequences may run, each with one request after another: lognormal prompts and outputs, mean 250. */
export function closedLoop(users: number, requests: number): Scenario {
  const length = { distribution: "lognormal", mean: 250, cv: 1, max: 2048 };
  return checkScenario({
    ...onEightAccelerators,
    policy: { name: "continuous", maxSequences: users },
    workload: { arrivals: { process: "closed-loop", users }, prompt: length, output: length },
    run: { seed: 1, requests },
  });
}

function eventsOf({ time, model, horizonSeconds }: RunPlan): Observable<ServingEvent> {
  return simulate(time, model, { pace: synchronousPace, ...(horizonSeconds !== undefined && { horizonSeconds }) });
}

/** Runs a plan once with all metrics on. */
function measuredPlan(plan: RunPlan): Promise<Measurement> {
  return lastValueFrom(eventsOf(plan).pipe(measurement(plan.expectedRequests)));
}

/** Runs a scenario once with all metrics on. */
export function measured(scenario: Scenario): Promise<Measurement> {
  return measuredPlan(runPlan(scenario));
}

/** Runs a scenario once with all metrics on, as `run` does, and its time booked to causes or not. */
export function booked(scenario: Scenario, withLedger: boolean): Promise<unknown> {
  const plan = runPlan(scenario);
  const watched = connect((events$: Observable<ServingEvent>) =>
    zip(
      events$.pipe(measurement(plan.expectedRequests)),
      withLedger ? events$.pipe(gapLedger(ledgerOptions(plan))) : of(undefined),
    ),
  );
  return lastValueFrom(eventsOf(plan).pipe(watched));
}

/** The rate at which this workload's deployment is saturated: what a backlogged run finishes each second. */
export async function saturationRate(requests = 10_000): Promise<number> {
  const { total, endSeconds } = await measured(poissonScenario(requests, 1_000));
  return total.counts.finished / endSeconds;
}

/** Events that a run publishes for each finished request. */
async function eventsPerRequest(plan: RunPlan): Promise<number> {
  const kinds = await lastValueFrom(
    eventsOf(plan).pipe(
      reduce((sum, { kind }) => ({ events: sum.events + 1, finished: sum.finished + (kind === "finish" ? 1 : 0) }), {
        events: 0,
        finished: 0,
      }),
    ),
  );
  return kinds.events / kinds.finished;
}

/** Median seconds of a scenario's runs, all metrics on; what reads and builds it is not timed. */
export async function medianRunSeconds(scenario: Scenario, rounds?: number, warmUps?: number): Promise<number> {
  let plan: RunPlan;
  const setUp = () => {
    plan = runPlan(scenario);
  };
  return medianSeconds(() => measuredPlan(plan), setUp, rounds, warmUps);
}

/** Time, requests/s, output tokens/s and events a request of a scenario, all metrics on; reading its trace is not timed. */
export async function runRows(name: string, scenario: Scenario, places: TracePlaces = {}): Promise<BenchRow[]> {
  let last: Measurement | undefined;
  let plan = runPlan(scenario, places);
  const seconds = await medianSeconds(
    async () => {
      last = await measuredPlan(plan);
    },
    () => {
      plan = runPlan(scenario, places);
    },
  );
  const { finished, outputTokens } = last!.total.counts;
  return [
    { name: `${name}: time`, value: seconds, unit: "s" },
    { name: `${name}: requests`, value: finished / seconds, unit: "requests/s" },
    { name: `${name}: output tokens`, value: outputTokens / seconds, unit: "tokens/s" },
    { name: `${name}: events`, value: await eventsPerRequest(runPlan(scenario, places)), unit: "events/request" },
  ];
}
