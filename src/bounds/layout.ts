import type { Architecture } from "./architecture.ts";
import { keyValueHeads } from "./architecture.ts";
import { type CollectiveModel, type CollectiveTime, fastest } from "./collectives/collective-model.ts";

/** How matrices are cut: along one dimension, or along both over a square of ranks. */
export type TensorParallel = "1d" | "2d";

/** How one copy of a model lies on its accelerators: `tensorRanks · pipelineStages` of them. */
export interface Layout {
  readonly tensorParallel: TensorParallel;
  /** Accelerators of one pipeline stage. */
  readonly tensorRanks: number;
  /** Stages, each of an equal share of the layers unless said otherwise, and microbatches in flight. */
  readonly pipelineStages: number;
  /** Layers of each stage. */
  readonly stageLayers?: readonly number[];
}

/** Layers of each stage of a layout over those of the mean stage. */
export function stageWeights({ pipelineStages, stageLayers }: Layout): readonly number[] {
  if (stageLayers === undefined) return new Array<number>(pipelineStages).fill(1);
  const layers = stageLayers.reduce((sum, count) => sum + count, 0);
  return stageLayers.map((count) => (pipelineStages * count) / layers);
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

/** The collectives of a layout as functions of a step's new tokens. */
export interface LayoutNetwork {
  /** All-reduces of one layer, one after the other. */
  layerAllReduces(tokens: number): CollectiveTime;
  /** One transfer of the tokens' activations from each rank of a stage to its peer in the next. */
  stageHop(tokens: number): CollectiveTime;
}

/** Works out once what the layout alone decides: bytes for each token, and the protocols to choose from. */
export function layoutNetwork(
  architecture: Architecture,
  nodeSize: number,
  collectives: CollectiveModel,
  layout: Layout,
): LayoutNetwork {
  const { dModel, activationBytes } = architecture;
  const ranks = ranksPerReduce(layout);
  const sideBySide = layout.tensorRanks / ranks;
  const reduces = collectives.protocols("all-reduce", ranks, nodesPerReduce(layout, nodeSize));
  const reducedBytes = reducedWords(architecture, layout.tensorParallel).map(
    (words) => (words / sideBySide) * activationBytes,
  );
  const hops = collectives.protocols("point-to-point", 2, 2);
  const hopBytes = (dModel * activationBytes) / layout.tensorRanks;
  return {
    layerAllReduces(tokens) {
      let latencySeconds = 0;
      let bandwidthSeconds = 0;
      for (const bytes of reducedBytes) {
        const time = fastest(reduces, bytes * tokens);
        latencySeconds += time.latencySeconds;
        bandwidthSeconds += time.bandwidthSeconds;
      }
      return { latencySeconds, bandwidthSeconds };
    },
    stageHop: (tokens) => fastest(hops, hopBytes * tokens),
  };
}
