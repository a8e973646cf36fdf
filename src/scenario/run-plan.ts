import { take } from "rxjs";
import { randomStreams } from "../core/random.ts";
import type { Model } from "../kernel/simulate.ts";
import { SimulatedTime } from "../kernel/simulated-time.ts";
import { admissions } from "../serving/admissions.ts";
import type { ClusterOptions, ClusterReplica } from "../serving/cluster.ts";
import type { ServingEvent } from "../serving/events.ts";
import { orders } from "../serving/orders.ts";
import { policies } from "../serving/policies.ts";
import type { BatchingPolicy } from "../serving/policy.ts";
import { routers } from "../serving/routers.ts";
import { clusterModel, type RequestSource, servingModel } from "../serving/serving-model.ts";
import { offeredRate } from "../workload/moments.ts";
import { superposition, type Traffic } from "../workload/traffic.ts";
import { type Deployment, deploymentOf, type Pool } from "./deployment.ts";
import { checkKvCache } from "./kv-cache.ts";
import type { ReplicaDeployment } from "./replica-deployment.ts";
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
  readonly replica?: (replica: ReplicaDeployment) => ReplicaDeployment;
  /** Requests from elsewhere, and how many they are. */
  readonly requests?: { readonly source: RequestSource; readonly count: number } | undefined;
}

/**
 * Builds everything that a run needs. Throws `UserError` for a trace that is missing or malformed, or a model that does not
 * fit.
 */
export function runPlan(scenario: Scenario, places: TracePlaces = {}, changes: PlanChanges = {}): RunPlan {
  const { policy, replica, requests } = changes;
  const deployment = deploymentOf(scenario, replica);
  const { run } = scenario;
  const traffic = scenarioTraffic(scenario, places);
  for (const {
    replicas: [one],
    where,
  } of deployment.pools)
    checkKvCache(one!.kvCache, traffic, `${where}.kvCache`);
  const time = new SimulatedTime();
  const replicas = deployment.pools.flatMap((pool) => replicasOf(pool, policy));
  const served = {
    time,
    order: orders.build(scenario.order)(randomStreams(run.seed)),
    admission: admissions.build(scenario.admission),
    mode: run.mode,
    requests: requests?.source ?? requestSource(scenario, traffic),
  };
  const model =
    replicas.length === 1
      ? servingModel({ ...replicas[0]!, ...served })
      : clusterModel({ ...clusterOf(deployment, run.seed), replicas, ...served });
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

/** What each replica of a pool is made from; a policy of one's own serves all of them. */
function replicasOf({ role, policy, replicas }: Pool, own?: BatchingPolicy): readonly ClusterReplica[] {
  return replicas.map(({ stepTime, speculation, kvCache, swap }) => ({
    role,
    stepTime,
    policy: own ?? policies.build(policy),
    drafting: speculation?.drafting,
    kvCache,
    swap,
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
