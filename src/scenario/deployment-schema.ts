import { z } from "zod";
import { quantity } from "../core/quantity.ts";
import { policies } from "../serving/policies.ts";
import { routers } from "../serving/routers.ts";
import { acceleratorSchema } from "./hardware-schema.ts";
import { type KvCacheStated, kvCacheSchema } from "./kv-cache.ts";

const accelerators = z.int().positive();

/** Each is simulated. */
const mostReplicas = 1_000;
const replicas = z.int().positive().max(mostReplicas);

const layout = z.strictObject({
  tensorParallel: z
    .enum(["1d", "2d"])
    .default("2d")
    .describe("how each matrix is cut over a stage's accelerators: along one dimension or both"),
  pipelineStages: z
    .int()
    .positive()
    .default(1)
    .describe("stages, and microbatches in flight; divides the accelerators"),
  stageLayers: z
    .array(z.int().positive())
    .optional()
    .describe("layers of each stage, first to last; an even share each unless said"),
  microbatching: z
    .enum(["separate", "split"])
    .default("separate")
    .describe(
      "separate: as many running sets as stages, each a microbatch of its own; split: one running set, " +
        "each step of which is cut into as many equal microbatches as there are stages",
    ),
});

const pool = z.strictObject({
  name: z.string().min(1),
  role: z
    .enum(["mixed", "prefill", "decode"])
    .default("mixed")
    .describe("prefill: reads prompts, and emits first tokens; decode: emits all others; mixed: both"),
  replicas: replicas.default(1),
  accelerators: accelerators.optional().describe("of each replica; those of the deployment where left out"),
  accelerator: acceleratorSchema.optional().describe("the scenario's where left out"),
  layout: layout.optional().describe("that of the deployment where left out"),
  kvCache: kvCacheSchema.optional().describe("that of the deployment where left out"),
  policy: policies.schema.optional().describe("the scenario's where left out"),
});

const link = z.strictObject({
  bandwidth: quantity("bytesPerSecond", { positive: true }),
  latency: quantity("seconds").default(0),
  sharedBy: z
    .enum(["pool", "sender", "receiver"])
    .default("pool")
    .describe("pool: all KV caches queue for one link; sender, receiver: those from, or to, one replica do"),
  router: routers.schema.optional().describe("of KV caches among decode replicas; least-requests where left out"),
});

export const deploymentSchema = z.strictObject({
  accelerators: accelerators.optional().describe("of each replica"),
  layout: layout.prefault({}),
  kvCache: kvCacheSchema.prefault({}),
  replicas: replicas.optional().describe("copies of the model; 1 where left out"),
  pools: z.array(pool).min(1).optional().describe("replicas of several kinds, in place of replicas"),
  router: routers.schema.optional().describe("of arrivals among replicas; round-robin where left out"),
  link: link.optional().describe("over which KV caches go from prefill to decode replicas"),
});

export type DeploymentOptions = z.output<typeof deploymentSchema>;
export type LinkOptions = z.output<typeof link>;
export type PoolRole = z.output<typeof pool>["role"];

/** Replicas that are alike, with what their deployment says of all of them filled in. */
export interface PoolOptions extends z.output<typeof pool> {
  readonly layout: z.output<typeof layout>;
  readonly kvCache: KvCacheStated;
  /** Its place in a scenario. */
  readonly where: string;
}

/** The pools of a deployment; one without a name of its own where it has none. */
export function poolsOf(deployment: DeploymentOptions): readonly PoolOptions[] {
  const { accelerators: ofEach, layout: given, kvCache: cache, replicas: count, pools } = deployment;
  const shared = { ...(ofEach !== undefined && { accelerators: ofEach }), layout: given, kvCache: cache };
  if (pools === undefined) {
    return [{ name: "mixed", role: "mixed", replicas: count ?? 1, ...shared, where: "deployment" }];
  }
  return pools.map((one, place) => ({
    ...shared,
    ...one,
    layout: one.layout ?? given,
    kvCache: one.kvCache ?? cache,
    where: `deployment.pools[${place}]`,
  }));
}

interface Contradiction {
  readonly where: string;
  readonly what: string;
  readonly allowed: string;
}

/** What no single field of a deployment shows to be wrong. */
export function deploymentContradiction(deployment: DeploymentOptions): Contradiction | undefined {
  const { pools, replicas: count } = deployment;
  if (pools !== undefined && count !== undefined) {
    return { where: "deployment.replicas", what: "stands beside pools, which have their own", allowed: "leave it out" };
  }
  const all = poolsOf(deployment);
  for (const [place, one] of all.entries()) {
    const problem = poolContradiction(one, all.slice(0, place));
    if (problem !== undefined) return problem;
  }
  return rolesContradiction(all) ?? linkContradiction(deployment, all) ?? routerContradiction(deployment, all);
}

function poolContradiction(one: PoolOptions, before: readonly PoolOptions[]): Contradiction | undefined {
  const { where, name, accelerators: ofEach } = one;
  const { pipelineStages } = one.layout;
  if (before.some((other) => other.name === name)) {
    return { where: `${where}.name`, what: `there are two ${name}`, allowed: "names of their own" };
  }
  if (ofEach === undefined) {
    const allowed = where === "deployment" ? "those of a replica, or `pools`" : "here, or deployment.accelerators";
    return { where: `${where}.accelerators`, what: "is missing", allowed };
  }
  if (ofEach % pipelineStages !== 0) {
    return {
      where: `${where}.layout.pipelineStages`,
      what: `${pipelineStages} stages cannot share ${ofEach} accelerators evenly`,
      allowed: "a divisor of the accelerators",
    };
  }
  return undefined;
}

function rolesContradiction(all: readonly PoolOptions[]): Contradiction | undefined {
  const prefill = all.find(({ role }) => role === "prefill");
  const decode = all.find(({ role }) => role === "decode");
  if (prefill !== undefined && decode === undefined) {
    const what = `no pool decodes what ${prefill.name} has read`;
    return { where: `${prefill.where}.role`, what, allowed: "a pool of role decode beside it, or mixed" };
  }
  if (decode !== undefined && prefill === undefined) {
    const what = `no pool reads prompts for ${decode.name}`;
    return { where: `${decode.where}.role`, what, allowed: "a pool of role prefill beside it, or mixed" };
  }
  return undefined;
}

function linkContradiction({ link: given }: DeploymentOptions, all: readonly PoolOptions[]): Contradiction | undefined {
  const where = "deployment.link";
  const receivers = replicasIn(all.filter(({ role }) => role === "decode"));
  if (receivers === 0) {
    if (given === undefined) return undefined;
    return { where, what: "nothing goes over it", allowed: "pools of role prefill and of role decode, or no link" };
  }
  if (given === undefined) {
    return { where, what: "is missing: KV caches have no way to where they decode", allowed: "a block with bandwidth" };
  }
  const router = given.router?.name;
  if (router !== undefined && receivers === 1) return noChoice(`${where}.router`, "decode replica");
  const receiving = all.filter(({ role }) => role === "decode");
  if (router === "central-queue" && swapsIn(receiving)) return noWayBack(`${where}.router`);
  if (router === "central-queue" && given.sharedBy === "receiver") {
    const what = "before a central queue it is not known which replica receives a cache";
    return { where: `${where}.sharedBy`, what, allowed: "pool, sender" };
  }
  return undefined;
}

function routerContradiction({ router }: DeploymentOptions, all: readonly PoolOptions[]): Contradiction | undefined {
  if (router === undefined) return undefined;
  const where = "deployment.router";
  const entry = all.filter(({ role }) => role !== "decode");
  if (replicasIn(entry) === 1) return noChoice(where, "replica for arrivals");
  if (router.name === "central-queue" && swapsIn(entry)) return noWayBack(where);
  if (router.name === "central-queue" && new Set(entry.map(({ role }) => role)).size > 1) {
    const what = "what a mixed replica preempts cannot wait before prefill replicas, which do not decode";
    return { where, what, allowed: "another router, or one of the two roles" };
  }
  return undefined;
}

function noChoice(where: string, what: string): Contradiction {
  return { where, what: `there is but one ${what}`, allowed: "more replicas, or leave it out" };
}

const swapsIn = (pools: readonly PoolOptions[]) => pools.some(({ kvCache }) => kvCache.swap !== undefined);

function noWayBack(where: string): Contradiction {
  const what = "a KV cache that one replica swapped out cannot come back at another";
  return { where, what, allowed: "another router, or no kvCache.swap" };
}

function replicasIn(pools: readonly PoolOptions[]): number {
  return pools.reduce((sum, { replicas: count }) => sum + count, 0);
}
