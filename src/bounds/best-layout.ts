import { type Accelerator, flopPerSecond } from "./accelerator.ts";
import type { Architecture } from "./architecture.ts";
import type { CollectiveModel } from "./collectives/collective-model.ts";
import { collectivesOf } from "./collectives/collective-models.ts";
import { acceleratorsOf, type Layout, layoutNetwork, matrixShards } from "./layout.ts";
import { fits } from "./memory.ts";
import { bytes, flop } from "./traffic.ts";

/** Pipeline depths that the paper tries. */
export const publishedPipelineStages = [1, 2, 4, 6] as const;

/**
 * Seconds of one forward pass of a whole batch on a given layout, as published (Erdil 2025, section 3.5 and equation 29): the batch goes
 * in as many microbatches as there are stages. Infinity where memory does not suffice. Numbers may be fractional.
 */
export function layoutSeconds(
  architecture: Architecture,
  accelerator: Accelerator,
  layout: Layout,
  batch: number,
  contextTokens: number,
  tokensPerSequence = 1,
  collectives: CollectiveModel = collectivesOf(accelerator),
): number {
  const accelerators = acceleratorsOf(layout);
  if (!fits(architecture, accelerator, accelerators, batch, contextTokens)) return Number.POSITIVE_INFINITY;
  const { layers, weightBytes } = architecture;
  const stages = layout.pipelineStages;
  const tokens = batch * tokensPerSequence;
  const microbatch = batch / stages;
  const microbatchTokens = tokens / stages;

  const network = layoutNetwork(architecture, accelerator.nodeSize, collectives, layout);
  const reduce = network.layerAllReduces(microbatchTokens);
  const hop = network.stageHop(microbatchTokens);
  const networkSeconds =
    layers * (reduce.latencySeconds + reduce.bandwidthSeconds) +
    (stages - 1) * (hop.latencySeconds + hop.bandwidthSeconds);

  const memoryBytes = stages * bytes(architecture, microbatchTokens, microbatch * contextTokens, matrixShards(layout));
  const memorySeconds = memoryBytes / (accelerators * accelerator.hbmBytesPerSecond);
  // As published, each of a sequence's new tokens attends to its cached tokens only.
  const computeSeconds =
    flop(architecture, tokens, tokens * contextTokens) / (accelerators * flopPerSecond(accelerator, weightBytes));

  const launchSeconds = 4 * layers * accelerator.kernelLaunchSeconds;
  return launchSeconds + networkSeconds + Math.max(memorySeconds, computeSeconds);
}

/** The fastest of the published layouts and its time: Infinity, and no layout, where none is feasible. */
export interface BestLayout {
  readonly seconds: number;
  readonly layout: Layout | undefined;
}

/**
 * The layout of `accelerators` accelerators with the fastest forward pass: matrices cut one way or both, 1, 2, 4 or 6
 * pipeline stages, no more stages than accelerators or sequences (the general model of Erdil 2025's code).
 */
export function bestLayout(
  architecture: Architecture,
  accelerator: Accelerator,
  accelerators: number,
  batch: number,
  contextTokens: number,
  tokensPerSequence = 1,
  collectives: CollectiveModel = collectivesOf(accelerator),
): BestLayout {
  let best: BestLayout = { seconds: Number.POSITIVE_INFINITY, layout: undefined };
  for (const tensorParallel of ["2d", "1d"] as const) {
    for (const pipelineStages of publishedPipelineStages) {
      if (pipelineStages > Math.min(accelerators, batch)) continue;
      const layout: Layout = { tensorParallel, tensorRanks: accelerators / pipelineStages, pipelineStages };
      const seconds = layoutSeconds(
        architecture,
        accelerator,
        layout,
        batch,
        contextTokens,
        tokensPerSequence,
        collectives,
      );
      if (seconds < best.seconds) best = { seconds, layout };
    }
  }
  return best;
}
