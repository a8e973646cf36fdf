import { lastValueFrom } from "rxjs";
import { type Pace, slicedPace } from "../kernel/pace.ts";
import { simulate } from "../kernel/simulate.ts";
import { type RequestHistory, requestHistory, type Served } from "../observe/request-history.ts";
import type { Deployment } from "../scenario/deployment.ts";
import { type RunPlan, runPlan } from "../scenario/run-plan.ts";
import type { Scenario } from "../scenario/schema.ts";
import type { TracePlaces } from "../scenario/trace-file.ts";

/** How runs are made. */
export interface Running {
  readonly places?: TracePlaces;
  readonly pace?: Pace;
  /** Makes a scenario ready to run. */
  readonly plan?: (scenario: Scenario, places: TracePlaces) => RunPlan;
}

/** The scenario with the random numbers of one of its replications, named after its own seed: `1/replication 0`. */
export function replication(scenario: Scenario, index: number): Scenario {
  return { ...scenario, run: { ...scenario.run, seed: `${scenario.run.seed}/replication ${index}` } };
}

/** Runs a scenario once and follows its requests. */
export function followed(scenario: Scenario, running: Running = {}): Promise<RequestHistory> {
  const { places = {}, pace = slicedPace(), plan = runPlan } = running;
  const { time, model, horizonSeconds, deployment } = plan(scenario, places);
  const options = { pace, ...(horizonSeconds !== undefined && { horizonSeconds }) };
  return lastValueFrom(simulate(time, model, options).pipe(requestHistory(servedBy(deployment))));
}

/** How many replicas serve requests, and in how many queues these wait. */
function servedBy({ replicas, router }: Deployment): Served {
  return { replicas, queues: router?.name === "central-queue" ? 1 : replicas };
}

/** Whether two runs that drew from different random streams are the same: then the scenario draws nothing that matters. */
export function isSame(one: RequestHistory, other: RequestHistory): boolean {
  const { sojournSeconds, arrivalSeconds, endSeconds } = one;
  return (
    endSeconds === other.endSeconds &&
    sojournSeconds.length === other.sojournSeconds.length &&
    sojournSeconds.every((seconds, index) => seconds === other.sojournSeconds[index]) &&
    arrivalSeconds.every((seconds, index) => seconds === other.arrivalSeconds[index])
  );
}
