import { randomStreams } from "../../src/core/random.ts";
import type { Model } from "../../src/kernel/simulate.ts";
import { SimulatedTime } from "../../src/kernel/simulated-time.ts";
import type { ReplicaRole } from "../../src/serving/cluster.ts";
import type { ServingEvent } from "../../src/serving/events.ts";
import type { KvLinkOptions } from "../../src/serving/kv-link.ts";
import { orders } from "../../src/serving/orders.ts";
import { type PolicyOptions, policies } from "../../src/serving/policies.ts";
import { type RouterOptions, routers } from "../../src/serving/routers.ts";
import { clusterModel } from "../../src/serving/serving-model.ts";
import { eventsOf, jobsAt, kvCacheOf, type Serving, smallStepTime } from "./harness.ts";

/** A replica of a cluster; as in `serve` where left out. */
export type Member = Pick<
  Serving,
  "maxSequences" | "policy" | "stages" | "cut" | "kvCapacityTokens" | "kvBlockTokens" | "kvCache" | "swap"
> & {
  readonly role?: ReplicaRole;
};

export interface Clustered
  extends Pick<Serving, "jobs" | "requests" | "order" | "mode" | "horizonSeconds" | "pace" | "stop$" | "stepTime"> {
  readonly members: readonly Member[];
  readonly router?: RouterOptions;
  readonly link?: KvLinkOptions & { readonly router?: RouterOptions };
  readonly seed?: number | string;
}

/** Bytes of a token's KV cache in these tests. */
export const kvBytesPerToken = 1_000;

/** Serves some requests on several replicas and returns every event; throws what the run throws. */
export function serveCluster(cluster: Clustered): Promise<ServingEvent[]> {
  const { time, model } = clusterOf(cluster);
  return eventsOf(time, model, cluster);
}

/** Several replicas, ready to serve. */
export function clusterOf(cluster: Clustered): { readonly time: SimulatedTime; readonly model: Model<ServingEvent> } {
  const time = new SimulatedTime();
  const { router = { name: "round-robin" }, link } = cluster;
  const model = clusterModel({
    time,
    mode: cluster.mode ?? "leap",
    streams: randomStreams(cluster.seed ?? 1),
    ...(cluster.order && { order: orders.build(cluster.order)(randomStreams(1)) }),
    replicas: cluster.members.map(({ role = "mixed", policy, maxSequences, stages, cut, ...member }) => ({
      role,
      stepTime: cluster.stepTime ?? smallStepTime(stages, cut),
      policy: policies.build({ name: "continuous", maxSequences: maxSequences ?? 1_000, ...policy } as PolicyOptions),
      kvCache: kvCacheOf(member),
      swap: member.swap,
    })),
    routing: routers.build(router),
    ...(link && {
      transfer: { kvBytesPerToken, ...link, routing: routers.build(link.router ?? { name: "least-requests" }) },
    }),
    requests: cluster.requests ?? jobsAt(cluster.jobs ?? []),
  });
  return { time, model };
}
