import { z } from "zod";
import { UserError } from "../core/errors.ts";
import { quantity } from "../core/quantity.ts";
import { checkReservation, kvAllocations } from "../serving/kv-allocation.ts";
import type { KvCacheOptions } from "../serving/kv-cache.ts";
import { checkSharedBlockTokens } from "../serving/prefix-cache.ts";
import type { SwapSpaceOptions } from "../serving/swap.ts";
import { checkWatermark, watermarkSchema } from "../serving/watermark.ts";
import type { Traffic } from "../workload/traffic.ts";

/** The KV cache of one replica, as a scenario states it. */
export const kvCacheSchema = z.strictObject({
  blockTokens: z.int().positive().default(1),
  capacityTokens: z
    .int()
    .positive()
    .optional()
    .describe("less than what HBM holds beside the weights, for experiments"),
  allocation: kvAllocations.schema.default({ name: "growth" }),
  watermark: watermarkSchema
    .default(0)
    .describe("blocks that admission leaves free for sequences to grow into: a share of all, or their number"),
  prefixSharing: z
    .boolean()
    .default(false)
    .describe("prompts that start alike share the blocks of their start; for sessions and traces that name blocks"),
  swap: z
    .strictObject({
      bandwidth: quantity("bytesPerSecond", { positive: true }).describe(
        "between accelerators and host, all lanes together",
      ),
      latency: quantity("seconds").default(0).describe("of each transfer"),
      capacityTokens: z
        .int()
        .positive()
        .optional()
        .describe("tokens that the host has room for; as many as come unless said"),
    })
    .optional()
    .describe("caches of preempted sequences move to the host and back; without it they are dropped and computed anew"),
});

export type KvCacheStated = z.output<typeof kvCacheSchema>;

/** Throws `UserError` for what cannot work with a cache of so many tokens for each of so many microbatches. */
export function kvCacheOf(
  stated: KvCacheStated,
  capacityTokens: number,
  microbatches: number,
  where: string,
): KvCacheOptions {
  const { blockTokens, watermark, prefixSharing } = stated;
  if (capacityTokens < microbatches * blockTokens) {
    const what = `a KV cache of ${capacityTokens} tokens has no block of ${blockTokens} for each stage`;
    throw new UserError(`${where}.blockTokens`, what, `at most ${Math.floor(capacityTokens / microbatches)}`);
  }
  if (prefixSharing) checkSharedBlockTokens(blockTokens, `${where}.blockTokens`);
  checkWatermark(watermark, Math.floor(capacityTokens / microbatches / blockTokens), `${where}.watermark`);
  return { capacityTokens, blockTokens, watermark, allocation: kvAllocations.build(stated.allocation), prefixSharing };
}

/** Throws `UserError` where the parts of a cache are spread over stages. */
export function swapOf(
  { swap }: KvCacheStated,
  kvBytesPerToken: number,
  stages: number,
  where: string,
): SwapSpaceOptions | undefined {
  if (swap === undefined) return undefined;
  if (stages > 1) {
    const what = `each of ${stages} pipeline stages would move its part at another time`;
    throw new UserError(`${where}.swap`, what, "deployment.layout.pipelineStages: 1");
  }
  const { bandwidth, latency, capacityTokens } = swap;
  return { link: { bytesPerSecond: bandwidth, latencySeconds: latency }, kvBytesPerToken, capacityTokens };
}

/** Throws `UserError` where a cache does not suit the requests that come. */
export function checkKvCache(
  { allocation, prefixSharing }: KvCacheOptions,
  traffic: readonly Traffic[],
  where: string,
): void {
  const longest = traffic.reduce(
    (most, { lengths, rows }) => Math.max(most, lengths?.longestOutput ?? longestOf(rows)),
    0,
  );
  checkReservation(allocation, longest, `${where}.allocation.outputTokens`);
  const isNamed = traffic.some(
    ({ process, rows }) => process.namesPrefixes === true || rows.some(({ prefixHashes }) => prefixHashes),
  );
  if (prefixSharing && !isNamed) {
    const what = "no request of this workload says what its prompt starts with";
    throw new UserError(`${where}.prefixSharing`, what, "sessions, or a trace in format mooncake");
  }
}

function longestOf(rows: Traffic["rows"]): number {
  return rows.reduce((most, { outputTokens }) => Math.max(most, outputTokens), 0);
}
