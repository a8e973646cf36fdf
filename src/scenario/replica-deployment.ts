import { type Accelerator, flopPerSecond } from "../bounds/accelerator.ts";
import { type Architecture, kvBytesPerToken, weightsBytes } from "../bounds/architecture.ts";
import type { Layout } from "../bounds/layout.ts";
import { kvCapacityTokens } from "../bounds/memory.ts";
import { type StepTimeModel, stepTimeModel } from "../bounds/step-time.ts";
import { UserError } from "../core/errors.ts";
import type { RandomStreams } from "../core/random.ts";
import type { KvCacheOptions } from "../serving/kv-cache.ts";
import type { SwapSpaceOptions } from "../serving/swap.ts";
import type { PoolOptions } from "./deployment-schema.ts";
import { type FollowedExperts, followedExperts } from "./experts.ts";
import { acceleratorOf } from "./hardware-schema.ts";
import { kvCacheOf, swapOf } from "./kv-cache.ts";
import type { Scenario } from "./schema.ts";
import { type Speculating, speculatingOf } from "./speculation.ts";

/** One copy of a model on its accelerators, with what follows from the two. */
export interface ReplicaDeployment {
  readonly architecture: Architecture;
  readonly accelerator: Accelerator;
  readonly accelerators: number;
  readonly layout: Layout;
  readonly stepTime: StepTimeModel;
  /** Of a mixture of experts that is followed step by step. */
  readonly experts: FollowedExperts | undefined;
  /** Where a small model guesses tokens. */
  readonly speculation: Speculating | undefined;
  readonly kvCapacityTokens: number;
  /** Of one replica. */
  readonly kvCache: KvCacheOptions;
  /** Where the caches of preempted sequences are kept. */
  readonly swap: SwapSpaceOptions | undefined;
  readonly peakFlopPerSecond: number;
  readonly dollarsPerHour: number;
}

/**
 * A replica of a pool, with random numbers of its own. Throws `UserError` where the model does not fit or the accelerator does
 * not support its weights.
 */
export function replicaDeployment(
  scenario: Scenario,
  architecture: Architecture,
  pool: PoolOptions,
  streams: RandomStreams,
): ReplicaDeployment {
  const { kvCache, role, where } = pool;
  const accelerator = acceleratorOf(pool.accelerator ?? scenario.accelerator);
  const accelerators = pool.accelerators!;
  const { pipelineStages, tensorParallel } = pool.layout;
  const peakFlopPerSecond = accelerators * flopPerSecond(accelerator, architecture.weightBytes);
  const placed: Layout = { tensorParallel, pipelineStages, tensorRanks: accelerators / pipelineStages };
  const hbmTokens = kvCapacityTokens(architecture, accelerator, accelerators);
  if (hbmTokens < pipelineStages) throw doesNotFit(architecture, accelerator, accelerators, where);
  const capacityTokens = kvCache.capacityTokens ?? hbmTokens;
  if (capacityTokens > hbmTokens) {
    const what = `${capacityTokens} tokens do not fit beside the weights`;
    throw new UserError(`${where}.kvCache.capacityTokens`, what, `at most ${hbmTokens}`);
  }
  const experts = followedExperts(scenario.experts, architecture, accelerator, placed, streams);
  const drafts = role === "prefill" ? undefined : scenario.speculation;
  return {
    architecture,
    accelerator,
    accelerators,
    layout: placed,
    stepTime: experts?.stepTime ?? stepTimeModel(architecture, accelerator, placed),
    experts,
    speculation: speculatingOf(drafts, accelerator, placed, streams),
    kvCapacityTokens: capacityTokens,
    kvCache: kvCacheOf(
      // No output grows where only prompts are read: there is nothing to reserve for.
      role === "prefill" ? { ...kvCache, allocation: { name: "growth" } } : kvCache,
      capacityTokens,
      pipelineStages,
      `${where}.kvCache`,
    ),
    swap: swapOf(kvCache, kvBytesPerToken(architecture), pipelineStages, `${where}.kvCache`),
    peakFlopPerSecond,
    dollarsPerHour: accelerators * accelerator.dollarsPerHour,
  };
}

function doesNotFit(
  architecture: Architecture,
  accelerator: Accelerator,
  accelerators: number,
  where: string,
): UserError {
  const gigabytes = (bytes: number) => `${(bytes / 1e9).toFixed(1)} GB`;
  const weights = weightsBytes(architecture);
  const needed = Math.floor(weights / accelerator.hbmBytes) + 1;
  return new UserError(
    `${where}.accelerators`,
    `${architecture.name} has ${gigabytes(weights)} of weights, ${accelerators} × ${accelerator.name} hold ` +
      `${gigabytes(accelerators * accelerator.hbmBytes)}, which leaves no KV cache`,
    `at least ${needed}`,
  );
}
