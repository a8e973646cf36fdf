import { take } from "rxjs";
import { randomStreams } from "../core/random.ts";
import type { Model } from "../kernel/simulate.ts";
import { SimulatedTime } from "../kernel/simulated-time.ts";
import type { ClusterOptions, ClusterReplica } from "../serving/cluster.ts";
import type { ServingEvent } from "../serving/events.ts";
import { policies } from "../serving/policies.ts";
import type { BatchingPolicy } from "../serving/policy.ts";
import { routers } from "../serving/routers.ts";
import { clusterModel, type RequestSource, servingModel } from "../serving/serving-model.ts";
import { offeredRate } from "../workload/moments.ts";
import { superposition, type Traffic } from "../workload/traffic.ts";
import { type Deployment, deploymentOf, type Pool } from "./deployment.ts";
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

/**
 * Builds everything that a run needs, with a policy of one's own where one is given in place of the scenario's. Throws
 * `UserError` for a trace that is missing or malformed, or a model that does not fit.
 */
export function runPlan(scenario: Scenario, places: TracePlaces = {}, policy?: BatchingPolicy): RunPlan {
  const deployment = deploymentOf(scenario);
  const { run } = scenario;
  const traffic = scenarioTraffic(scenario, places);
  const time = new SimulatedTime();
  const requests = requestSource(scenario, traffic);
  const replicas = deployment.pools.flatMap((pool) => replicasOf(pool, policy));
  const running = { time, mode: run.mode, requests };
  const model =
    replicas.length === 1
      ? servingModel({ ...replicas[0]!, ...running })
      : clusterModel({ ...clusterOf(deployment, run.seed), replicas, ...running });
  const expected = Math.min(run.requests ?? Number.POSITIVE_INFINITY, requestsIn(traffic));
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

/** What each replica of a pool is made from; a policy of one's own serves all of them. */
function replicasOf({ role, policy, replicas }: Pool, own?: BatchingPolicy): readonly ClusterReplica[] {
  return replicas.map(({ stepTime, speculation, kvCapacityTokens, kvBlockTokens }) => ({
    role,
    stepTime,
    policy: own ?? policies.build(policy),
    drafting: speculation?.drafting,
    kvCapacityTokens,
    kvBlockTokens,
  }));
}

/** What stands between the replicas. */
function clusterOf(
  { router, link }: Deployment,
  seed: number | string,
): Pick<ClusterOptions, "streams" | "routing" | "transfer"> {
  return {
    streams: randomStreams(seed),
    routing: routers.build(router ?? { name: "round-robin" }),
    ...(link && { transfer: { ...link, routing: routers.build(link.router ?? { name: "round-robin" }) } }),
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
