import fc from "fast-check";
import { kvAllocations } from "../../src/serving/kv-allocation.ts";
import type { OrderOptions } from "../../src/serving/orders.ts";
import { prefixBlockTokens } from "../../src/serving/prefix-cache.ts";
import type { RouterOptions } from "../../src/serving/routers.ts";
import { type Clustered, kvBytesPerToken, type Member } from "../serving/cluster-harness.ts";
import type { Job } from "../serving/harness.ts";
import { deployments, jobs } from "./workloads.ts";

/** Requests of which some begin alike. */
export const alike: fc.Arbitrary<Job[]> = fc
  .tuple(jobs, fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 40, maxLength: 40 }))
  .map(([list, names]) =>
    list.map((job, index) => (names[index] === 0 ? job : { ...job, prefixHashes: [names[index]!] })),
  );

/** Every router, with options that matter. */
export const router: fc.Arbitrary<RouterOptions> = fc.oneof(
  fc.constantFrom<RouterOptions>(
    { name: "round-robin" },
    { name: "random" },
    { name: "least-requests" },
    { name: "least-tokens" },
    { name: "central-queue" },
  ),
  fc.integer({ min: 2, max: 3 }).map((choices) => ({ name: "power-of-two" as const, choices })),
  fc.record({
    name: fc.constant("prefix-affinity" as const),
    blocks: fc.integer({ min: 1, max: 2 }),
    overload: fc.constantFrom(1, 1.25, 4),
  }),
);

/** From links that hardly slow anything down to links that most requests wait for. */
const link: fc.Arbitrary<NonNullable<Clustered["link"]>> = fc
  .record({
    bytesPerSecond: fc.constantFrom(1e6, 1e7, 1e9),
    latencySeconds: fc.constantFrom(0, 1e-3, 0.05),
    sharedBy: fc.constantFrom("pool" as const, "sender" as const, "receiver" as const),
    router,
  })
  .filter(({ sharedBy, router: { name } }) => sharedBy !== "receiver" || name !== "central-queue");

type Layout = Pick<Clustered, "members" | "router" | "link">;

/** Replicas that all do everything, and need not be alike. */
export const mixed: fc.Arbitrary<Layout> = fc.record({
  members: fc.array(deployments, { minLength: 1, maxLength: 4 }),
  router,
});

/** Replicas that read prompts and replicas that decode, some of each, with others that do everything now and then. */
export const split: fc.Arbitrary<Layout> = fc
  .record({
    prefill: fc.array(deployments, { minLength: 1, maxLength: 2 }),
    decode: fc.array(deployments, { minLength: 1, maxLength: 2 }),
    others: fc.array(deployments, { maxLength: 1 }),
    router,
    link,
  })
  // What a replica that decodes preempts must not come to one that cannot decode.
  .filter(({ others, router: { name } }) => others.length === 0 || name !== "central-queue")
  .map(({ prefill, decode, others, ...rest }) => ({
    ...rest,
    members: [
      ...others,
      ...prefill.map((one): Member => ({ ...one, role: "prefill" })),
      ...decode.map((one): Member => ({ ...one, role: "decode" })),
    ],
  }));

/** Replicas that share one queue and are short of memory, each holding back what another may take. */
export const sharing: fc.Arbitrary<Layout> = fc
  .array(
    fc.record({
      maxSequences: fc.integer({ min: 2, max: 8 }),
      kvCapacityTokens: fc.integer({ min: 300, max: 900 }),
      policy: fc.constantFrom<NonNullable<Member["policy"]>>({ name: "continuous" }, { name: "prefill-first" }),
    }),
    { minLength: 2, maxLength: 3 },
  )
  .map((members) => ({ members, router: { name: "central-queue" } }));

/** Orders of which some displace what runs. */
const order: fc.Arbitrary<OrderOptions> = fc.constantFrom<OrderOptions>(
  { by: "fcfs" },
  { by: "shortest-prompt" },
  { by: "srpt", predictor: { kind: "oracle" }, preemptUntil: 0.5 },
);

/** KV caches that reserve, leave room, swap, or keep prompts that start alike once. */
function remembering(stages: number, centralQueue: boolean): fc.Arbitrary<Pick<Member, "kvCache" | "swap">> {
  const swap = { link: { bytesPerSecond: 1e9, latencySeconds: 1e-4 }, kvBytesPerToken };
  return fc.record({
    kvCache: fc.record({
      watermark: fc.constantFrom(0, 2),
      allocation: fc
        .constantFrom("growth" as const, "reserve-oracle" as const)
        .map((name) => kvAllocations.build({ name })),
      prefixSharing: fc.boolean(),
      blockTokens: fc.constant(16),
      capacityTokens: fc.constantFrom(2_000, 4_000, 20_000),
    }),
    ...(stages === 1 && !centralQueue && { swap: fc.constantFrom(swap, undefined) }),
  }) as fc.Arbitrary<Pick<Member, "kvCache" | "swap">>;
}

/** The same clusters with an order of their queues and all that a KV cache may do. */
export const elaborate: fc.Arbitrary<Layout & Pick<Clustered, "order">> = fc
  .tuple(fc.oneof(mixed, split), order)
  .chain(([layout, queueOrder]) => {
    const shares = [layout.router, layout.link?.router].some((one) => one?.name === "central-queue");
    const caches = layout.members.map(({ stages = 1 }) => remembering(stages, shares));
    return fc.tuple(...caches).map((chosen) => ({
      ...layout,
      order: queueOrder,
      members: layout.members.map((member, place): Member => ({ ...member, ...chosen[place]! })),
    }));
  });

/** Prompts of several named blocks, of which many begin alike. */
export const named: fc.Arbitrary<Job[]> = fc
  .tuple(
    jobs,
    fc.array(fc.tuple(fc.integer({ min: 1, max: 1_700 }), fc.integer({ min: 1, max: 3 })), {
      minLength: 40,
      maxLength: 40,
    }),
  )
  .map(([list, prompts]) =>
    list.map((job, index) => {
      const [promptTokens, family] = prompts[index]!;
      const names = Array.from(
        { length: Math.floor(promptTokens / prefixBlockTokens) },
        (_, block) => 10 * family + block,
      );
      return { ...job, promptTokens, prefixHashes: names };
    }),
  );

export const clusters: fc.Arbitrary<Layout> = fc.oneof(mixed, split, sharing);
