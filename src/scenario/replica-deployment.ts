import { type Accelerator, flopPerSecond } from "../bounds/accelerator.ts";
import { type Architecture, kvBytesPerToken, weightsBytes } from "../bounds/architecture.ts";
import { type Layout, stageWeights } from "../bounds/layout.ts";
import { kvCapacityTokens } from "../bounds/memory.ts";
import { splitStepTime } from "../bounds/split-step-time.ts";
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
  /** The same with experts as expected: asking it draws none. */
  readonly expectedStepTime: StepTimeModel;
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

/** A larger cache is never full; its blocks, and the steps that they suffice for, would no longer be counted exactly. */
const countableTokens = 2 ** 50;

/**
 * A replica of a pool, with random numbers of its own. Throws `UserError` where the model does not fit, its layers are cut
 * wrongly, or the accelerator does not support its weights.
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
  const { pipelineStages, microbatching } = pool.layout;
  const peakFlopPerSecond = accelerators * flopPerSecond(accelerator, architecture.weightBytes);
  const placed = placedLayout(pool, architecture, scenario.experts !== undefined);
  const heaviest = Math.max(...stageWeights(placed));
  const hbmTokens = Math.min(kvCapacityTokens(architecture, accelerator, accelerators, heaviest), countableTokens);
  if (hbmTokens < pipelineStages) throw doesNotFit(architecture, accelerator, accelerators, heaviest, where);
  const capacityTokens = kvCache.capacityTokens ?? hbmTokens;
  if (capacityTokens > hbmTokens) {
    const what = `${capacityTokens} tokens do not fit beside the weights`;
    throw new UserError(`${where}.kvCache.capacityTokens`, what, `at most ${hbmTokens}`);
  }
  const experts = followedExperts(scenario.experts, architecture, accelerator, placed, streams);
  const drafts = role === "prefill" ? undefined : scenario.speculation;
  const ofStages = stepTimeModel(architecture, accelerator, placed);
  const expectedStepTime = microbatching === "split" ? splitStepTime(ofStages) : ofStages;
  return {
    architecture,
    accelerator,
    accelerators,
    layout: placed,
    stepTime: experts?.stepTime ?? expectedStepTime,
    expectedStepTime,
    experts,
    speculation: speculatingOf(drafts, accelerator, placed, streams),
    kvCapacityTokens: capacityTokens,
    kvCache: kvCacheOf(
      // No output grows where only prompts are read: there is nothing to reserve for.
      role === "prefill" ? { ...kvCache, allocation: { name: "growth" } } : kvCache,
      capacityTokens,
      expectedStepTime.stageWeights.length,
      `${where}.kvCache`,
    ),
    swap: swapOf(kvCache, kvBytesPerToken(architecture), pipelineStages, `${where}.kvCache`),
    peakFlopPerSecond,
    dollarsPerHour: accelerators * accelerator.dollarsPerHour,
  };
}

/** How a replica lays a model on its accelerators. Throws `UserError` where its stages cannot be cut so. */
function placedLayout(
  { accelerators, layout, where }: PoolOptions,
  { layers }: Architecture,
  drawsExperts: boolean,
): Layout {
  const { pipelineStages, tensorParallel, stageLayers, microbatching } = layout;
  const refuse = (key: string, what: string, allowed: string) => {
    throw new UserError(`${where}.layout.${key}`, what, allowed);
  };
  if (stageLayers !== undefined && stageLayers.length !== pipelineStages) {
    refuse("stageLayers", `${stageLayers.length} of them, not one for each stage`, `${pipelineStages} of them`);
  }
  const placedLayers = stageLayers?.reduce((sum, count) => sum + count, 0) ?? layers;
  if (placedLayers !== layers) refuse("stageLayers", `sum to ${placedLayers}`, `the ${layers} layers of the model`);
  if (microbatching === "split") {
    if (pipelineStages === 1) refuse("microbatching", "one stage has nothing to split a step for", "separate");
    if (stageLayers !== undefined) {
      refuse("microbatching", "a step is split for stages that take equally long", "separate, or no stageLayers");
    }
    if (drawsExperts) {
      refuse("microbatching", "experts are drawn for a whole microbatch at a time", "separate, or no experts");
    }
  }
  return {
    tensorParallel,
    pipelineStages,
    tensorRanks: accelerators! / pipelineStages,
    ...(stageLayers && { stageLayers }),
  };
}

function doesNotFit(
  architecture: Architecture,
  accelerator: Accelerator,
  accelerators: number,
  heaviest: number,
  where: string,
): UserError {
  const gigabytes = (bytes: number) => `${(bytes / 1e9).toFixed(1)} GB`;
  const weights = weightsBytes(architecture);
  const needed = Math.floor((weights * heaviest) / accelerator.hbmBytes) + 1;
  const unevenly = heaviest > 1 ? " on its fullest stage" : "";
  return new UserError(
    `${where}.accelerators`,
    `${architecture.name} has ${gigabytes(weights)} of weights, ${accelerators} × ${accelerator.name} hold ` +
      `${gigabytes(accelerators * accelerator.hbmBytes)}, which leaves no KV cache${unevenly}`,
    `at least ${needed}`,
  );
}
