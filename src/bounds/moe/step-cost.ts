import { type Accelerator, flopPerSecond } from "../accelerator.ts";
import {
  type Architecture,
  expertLayers,
  expertParameters,
  expertWeightBytes,
  kvBytesPerToken,
} from "../architecture.ts";
import type { MatrixShards } from "../layout.ts";
import { flopPerAttentionPair } from "../traffic.ts";
import { expertTraffic } from "./expert-traffic.ts";
import { routedActiveParameters } from "./moe-architecture.ts";
import type { ExpertLayerCost, MaximumOver } from "./step-moments.ts";

/** How routed experts are shared out: each cut over all ranks, or each whole on one rank. */
export type ExpertParallel = "tensor" | "expert";

/**
 * What a step of so many new tokens costs on all layers, split into what routing does not touch and the price of each
 * unit of routing. Tensor parallel: units are counted over all ranks; expert parallel: on the busiest rank.
 */
export interface MoeStepCost {
  readonly expertLayers: number;
  readonly otherLayers: number;
  /** All but the routed experts, without attention pairs. */
  readonly computeSeconds: number;
  readonly computeSecondsPerPair: number;
  /** For each token served by an expert. */
  readonly computeSecondsPerAssignment: number;
  /** All but the routed experts, without the KV cache. */
  readonly memorySeconds: number;
  readonly memorySecondsPerKvToken: number;
  /** For each distinct expert read in a layer. */
  readonly memorySecondsPerExpert: number;
}

/** Prices of a step of `tokens` new tokens on `ranks` accelerators that share every layer. */
export function moeStepCost(
  architecture: Architecture,
  accelerator: Accelerator,
  ranks: number,
  shards: MatrixShards,
  parallel: ExpertParallel,
  tokens: number,
): MoeStepCost {
  const flopRate = flopPerSecond(accelerator, architecture.weightBytes);
  const byteRate = accelerator.hbmBytesPerSecond;
  const traffic = expertTraffic(architecture, tokens, shards);
  const layers = expertLayers(architecture);
  const expert = expertParameters(architecture);
  const unrouted = routedActiveParameters(architecture) - layers * architecture.activeExperts * expert;
  const share = parallel === "expert" ? 1 : ranks;
  return {
    expertLayers: layers,
    otherLayers: architecture.layers - layers,
    computeSeconds: (2 * unrouted * tokens) / (ranks * flopRate),
    computeSecondsPerPair: flopPerAttentionPair(architecture) / (ranks * flopRate),
    computeSecondsPerAssignment: (2 * expert) / (share * flopRate),
    memorySeconds: traffic.fixedBytes / (ranks * byteRate),
    memorySecondsPerKvToken: kvBytesPerToken(architecture) / (ranks * byteRate),
    memorySecondsPerExpert:
      (parallel === "expert" ? expert * expertWeightBytes(architecture) : traffic.bytesPerExpert) / (share * byteRate),
  };
}

/** Experts read and tokens served in each expert layer: over all ranks, or by the busiest of expert-parallel ranks. */
export interface ExpertLoads {
  readonly distinctTotal: number;
  readonly assignmentsTotal: number;
  /** By expert layer; empty where only totals are known. */
  readonly distinct: ArrayLike<number>;
  readonly assignments: ArrayLike<number>;
}

/** Loads that were drawn, with the experts that all ranks touched together; with tensor parallel the same as those read. */
export interface DrawnLoads extends ExpertLoads {
  readonly touchedTotal: number;
  /** By expert layer, replicas of one expert counted once; empty where only totals are known. */
  readonly touched: ArrayLike<number>;
}

/** The work of a step and, for both ways to take it, its larger side. */
export interface MoeWork {
  readonly computeSeconds: number;
  readonly memorySeconds: number;
  /** `max(compute, memory)` over the whole pass or summed over layers. */
  readonly workSeconds: number;
  /** Summed over layers in any case; not a number where only totals of the loads are known. */
  readonly perLayerSeconds: number;
}

/**
 * Compute and memory of a step with given expert loads. For each layer, what routing does not touch is spread evenly over all
 * layers; layers without experts (the first, dense ones) take part with their even share.
 */
export function moeWork(
  cost: MoeStepCost,
  loads: ExpertLoads,
  pairs: number,
  kvTokens: number,
  over: MaximumOver,
): MoeWork {
  const commonCompute = cost.computeSeconds + cost.computeSecondsPerPair * pairs;
  const commonMemory = cost.memorySeconds + cost.memorySecondsPerKvToken * kvTokens;
  const computeSeconds = commonCompute + cost.computeSecondsPerAssignment * loads.assignmentsTotal;
  const memorySeconds = commonMemory + cost.memorySecondsPerExpert * loads.distinctTotal;
  const perLayerSeconds =
    loads.distinct.length === 0 ? Number.NaN : workByLayer(cost, loads, commonCompute, commonMemory);
  const workSeconds = over === "totals" ? Math.max(computeSeconds, memorySeconds) : perLayerSeconds;
  return { computeSeconds, memorySeconds, workSeconds, perLayerSeconds };
}

function workByLayer(cost: MoeStepCost, loads: ExpertLoads, commonCompute: number, commonMemory: number): number {
  const layers = cost.expertLayers + cost.otherLayers;
  const compute = commonCompute / layers;
  const memory = commonMemory / layers;
  let seconds = cost.otherLayers * Math.max(compute, memory);
  for (let layer = 0; layer < cost.expertLayers; layer++) {
    seconds += Math.max(
      compute + cost.computeSecondsPerAssignment * loads.assignments[layer]!,
      memory + cost.memorySecondsPerExpert * loads.distinct[layer]!,
    );
  }
  return seconds;
}

/** The same costs by layer, for `stepMoments`, when each expert layer serves so many assignments; shared out as `moeWork` does. */
export function expertLayerCost(
  cost: MoeStepCost,
  assignments: number,
  pairs: number,
  kvTokens: number,
): ExpertLayerCost {
  const layers = cost.expertLayers + cost.otherLayers;
  const compute = (cost.computeSeconds + cost.computeSecondsPerPair * pairs) / layers;
  const memory = (cost.memorySeconds + cost.memorySecondsPerKvToken * kvTokens) / layers;
  return {
    layers: cost.expertLayers,
    computeSeconds: compute + cost.computeSecondsPerAssignment * assignments,
    memorySeconds: memory,
    memorySecondsPerExpert: cost.memorySecondsPerExpert,
    otherComputeSeconds: cost.otherLayers * compute,
    otherMemorySeconds: cost.otherLayers * memory,
  };
}
