import { take } from "rxjs";
import { randomStreams } from "../core/random.ts";
import type { Model } from "../kernel/simulate.ts";
import { SimulatedTime } from "../kernel/simulated-time.ts";
import { admissions } from "../serving/admissions.ts";
import type { ServingEvent } from "../serving/events.ts";
import { orders } from "../serving/orders.ts";
import { policies } from "../serving/policies.ts";
import type { BatchingPolicy } from "../serving/policy.ts";
import { type RequestSource, servingModel } from "../serving/serving-model.ts";
import { offeredRate } from "../workload/moments.ts";
import { superposition, type Traffic } from "../workload/traffic.ts";
import { type Deployment, deploymentOf } from "./deployment.ts";
import { checkKvCache } from "./kv-cache.ts";
import type { Scenario } from "./schema.ts";
import type { TracePlaces } from "./trace-file.ts";
import { scenarioTraffic } from "./traffic.ts";

/** A scenario made ready to run once. */
export interface RunPlan {
  readonly scenario: Scenario;
  readonly deployment: Deployment;
  readonly time: SimulatedTime;
  readonly model: Model<ServingEvent>;
  readonly horizonSeconds: number | undefined;
  /** How many requests will arrive, where that is known. */
  readonly expectedRequests: number | undefined;
  /** Mean of the requests that come each second, where it is known. */
  readonly offeredRate: number | undefined;
}

/** What a run may have in place of what its scenario says. */
export interface PlanChanges {
  readonly policy?: BatchingPolicy;
  readonly deployment?: (deployment: Deployment) => Deployment;
  /** Requests from elsewhere, and how many they are. */
  readonly requests?: { readonly source: RequestSource; readonly count: number } | undefined;
}

/**
 * Builds everything that a run needs. Throws `UserError` for a trace that is missing or malformed, or a model that does not
 * fit.
 */
export function runPlan(scenario: Scenario, places: TracePlaces = {}, changes: PlanChanges = {}): RunPlan {
  const { policy = policies.build(scenario.policy), requests } = changes;
  const stated = deploymentOf(scenario);
  const deployment = changes.deployment?.(stated) ?? stated;
  const { run } = scenario;
  const traffic = scenarioTraffic(scenario, places);
  checkKvCache(deployment.kvCache, traffic);
  const time = new SimulatedTime();
  const model = servingModel({
    time,
    stepTime: deployment.stepTime,
    policy,
    drafting: deployment.speculation?.drafting,
    kvCache: deployment.kvCache,
    swap: deployment.swap,
    order: orders.build(scenario.order)(randomStreams(run.seed)),
    admission: admissions.build(scenario.admission),
    mode: run.mode,
    requests: requests?.source ?? requestSource(scenario, traffic),
  });
  const expected = requests?.count ?? Math.min(run.requests ?? Number.POSITIVE_INFINITY, requestsIn(traffic));
  const expectedRequests = Number.isFinite(expected) ? expected : undefined;
  return {
    scenario,
    deployment,
    time,
    model,
    horizonSeconds: run.horizon,
    expectedRequests,
    offeredRate: offeredRate(traffic),
  };
}

function requestSource({ run }: Scenario, traffic: readonly Traffic[]): RequestSource {
  const all = superposition(traffic, randomStreams(run.seed));
  if (run.requests === undefined) return all;
  const { requests } = run;
  return (time, ended$) => all(time, ended$).pipe(take(requests));
}

/** How many requests come if none is kept back: infinitely many unless all replay traces. */
function requestsIn(traffic: readonly Traffic[]): number {
  return traffic.reduce((sum, { lengths, rows }) => sum + (lengths ? Number.POSITIVE_INFINITY : rows.length), 0);
}
