import type { Architecture } from "./architecture.ts";
import { keyValueHeads } from "./architecture.ts";
import type { CollectiveModel, CollectiveTime } from "./collectives/collective-model.ts";

/** How matrices are cut: along one dimension, or along both over a square of ranks. */
export type TensorParallel = "1d" | "2d";

/** How one copy of a model lies on its accelerators: `tensorRanks · pipelineStages` of them. */
export interface Layout {
  readonly tensorParallel: TensorParallel;
  /** Accelerators of one pipeline stage. */
  readonly tensorRanks: number;
  /** Stages, each of an equal share of the layers, and microbatches in flight. */
  readonly pipelineStages: number;
}

/** Into how many parts a weight matrix is cut along its first and its second dimension. */
export interface MatrixShards {
  readonly first: number;
  readonly second: number;
}

/** Accelerators of a layout. */
export function acceleratorsOf(layout: Layout): number {
  return layout.tensorRanks * layout.pipelineStages;
}

/** The cut of a weight matrix within one stage. */
export function matrixShards(layout: Layout): MatrixShards {
  const { tensorParallel, tensorRanks } = layout;
  if (tensorParallel === "1d") return { first: tensorRanks, second: 1 };
  return { first: Math.sqrt(tensorRanks), second: Math.sqrt(tensorRanks) };
}

/** Ranks that take part in one all-reduce of a layer. */
export function ranksPerReduce(layout: Layout): number {
  return layout.tensorParallel === "1d" ? layout.tensorRanks : Math.sqrt(layout.tensorRanks);
}

/** Nodes that one all-reduce of a layer spans. */
export function nodesPerReduce(layout: Layout, nodeSize: number): number {
  const nodes = Math.ceil(layout.tensorRanks / nodeSize);
  return layout.tensorParallel === "1d" ? nodes : Math.sqrt(nodes);
}

/**
 * Words for each token in the all-reduces of one layer, summed over the groups that reduce side by side:
 * four with matrices cut both ways, two with one (Erdil 2025, equation 43 and code).
 */
export function reducedWords(architecture: Architecture, tensorParallel: TensorParallel): readonly number[] {
  const { dModel, dFf, ffMatrices, activeExperts, headDim, queryHeads } = architecture;
  const down = activeExperts * ffMatrices.down * dModel;
  if (tensorParallel === "1d") return [dModel, down];
  return [headDim * (keyValueHeads(architecture) + queryHeads), dModel, activeExperts * ffMatrices.up * dFf, down];
}

/** All-reduces of one layer on `tokens` new tokens, one after the other. */
export function layerAllReduces(
  architecture: Architecture,
  nodeSize: number,
  collectives: CollectiveModel,
  layout: Layout,
  tokens: number,
): CollectiveTime {
  const ranks = ranksPerReduce(layout);
  const nodes = nodesPerReduce(layout, nodeSize);
  const sideBySide = layout.tensorRanks / ranks;
  let latencySeconds = 0;
  let bandwidthSeconds = 0;
  for (const words of reducedWords(architecture, layout.tensorParallel)) {
    const bytes = (words / sideBySide) * tokens * architecture.activationBytes;
    const time = collectives.allReduce(ranks, nodes, bytes);
    latencySeconds += time.latencySeconds;
    bandwidthSeconds += time.bandwidthSeconds;
  }
  return { latencySeconds, bandwidthSeconds };
}

/** One transfer of `tokens` tokens' activations from each rank of a stage to its peer in the next. */
export function stageHop(
  architecture: Architecture,
  collectives: CollectiveModel,
  layout: Layout,
  tokens: number,
): CollectiveTime {
  const bytes = (architecture.dModel * tokens * architecture.activationBytes) / layout.tensorRanks;
  return collectives.pointToPoint(2, 2, bytes);
}
