import { allLayersAlike, type LatentAttention, type MoeDetail } from "./moe/moe-detail.ts";

/** The figures of a transformer that set its cost; counts are per model, sizes in elements, precisions in bytes. */
export interface Architecture {
  readonly name: string;
  readonly dModel: number;
  readonly dFf: number;
  /** Matrices of a feed-forward block that widen and narrow: a gated block has two up and one down. */
  readonly ffMatrices: { readonly up: number; readonly down: number };
  readonly layers: number;
  readonly experts: number;
  readonly activeExperts: number;
  readonly queryHeads: number;
  /** Query heads that share one key and one value head. */
  readonly groupSize: number;
  readonly headDim: number;
  readonly weightBytes: number;
  readonly activationBytes: number;
  readonly vocabulary: number;
  /** Attention and feed-forward read the same input, which halves the all-reduces of the toy model. */
  readonly parallelAttention: boolean;
  /** Where the figures come from. */
  readonly source: string;
  /** What a mixture of experts has beside routed experts that are alike in all layers. */
  readonly moe?: MoeDetail;
}

/** Key heads and value heads together. */
export function keyValueHeads(architecture: Architecture): number {
  return (2 * architecture.queryHeads) / architecture.groupSize;
}

/** Width of the joint query, key and value projection of one layer. */
export function qkvWidth(architecture: Architecture): number {
  return (architecture.queryHeads + keyValueHeads(architecture)) * architecture.headDim;
}

/** Width of all query heads of one layer. */
export function queryWidth(architecture: Architecture): number {
  return architecture.headDim * architecture.queryHeads;
}

/** Matrices of one feed-forward block. */
export function ffMatrixCount(architecture: Architecture): number {
  return architecture.ffMatrices.up + architecture.ffMatrices.down;
}

/** Experts for each one that a token uses, rounded down as published. */
export function sparsity(architecture: Architecture): number {
  return Math.floor(architecture.experts / architecture.activeExperts);
}

/** Weights of one expert, or of the feed-forward block of a dense layer. */
export function expertParameters(architecture: Architecture): number {
  return ffMatrixCount(architecture) * architecture.dModel * architecture.dFf;
}

/** Layers with routed experts: all but the first, dense ones. */
export function expertLayers({ layers, moe = allLayersAlike }: Architecture): number {
  return layers - moe.denseLayers;
}

/** Parameters of the routed experts of all layers. */
function routedParameters(architecture: Architecture): number {
  return expertLayers(architecture) * architecture.experts * expertParameters(architecture);
}

/** Parameters of feed-forward blocks that every token passes through: shared experts and dense layers. */
function unroutedParameters(architecture: Architecture): number {
  const { dModel, moe = allLayersAlike } = architecture;
  const shared = expertLayers(architecture) * moe.sharedExperts * expertParameters(architecture);
  return shared + moe.denseLayers * ffMatrixCount(architecture) * dModel * moe.denseFf;
}

/** Feed-forward parameters of all layers and experts. */
export function feedForwardParameters(architecture: Architecture): number {
  return routedParameters(architecture) + unroutedParameters(architecture);
}

/** Parameters of the QKV and output projections of all layers; norms, biases, attention sinks and routers are left out, as published. */
export function attentionParameters(architecture: Architecture): number {
  const { layers, dModel, moe } = architecture;
  if (moe?.latentAttention) return layers * latentParameters(architecture, moe.latentAttention);
  return layers * (qkvWidth(architecture) * dModel + queryWidth(architecture) * dModel);
}

/** Parameters of the projections of one layer with latent attention. */
function latentParameters({ dModel, queryHeads }: Architecture, latent: LatentAttention): number {
  const { queryRank, latentRank, ropeDim, keyDim, valueDim } = latent;
  const query = dModel * queryRank + queryRank * queryHeads * (keyDim + ropeDim);
  const keyValue = dModel * (latentRank + ropeDim) + latentRank * queryHeads * (keyDim + valueDim);
  return query + keyValue + queryHeads * valueDim * dModel;
}

/** Parameters of the embedding and the unembedding. */
export function embeddingParameters(architecture: Architecture): number {
  return 2 * architecture.vocabulary * architecture.dModel;
}

/** All parameters. */
export function totalParameters(architecture: Architecture): number {
  return attentionParameters(architecture) + feedForwardParameters(architecture) + embeddingParameters(architecture);
}

/** Parameters that every token passes through whatever its experts. */
export function commonParameters(architecture: Architecture): number {
  return attentionParameters(architecture) + unroutedParameters(architecture) + embeddingParameters(architecture);
}

/** Parameters that one token passes through: of the routed ones the share `1/floor(E/k)`, as published. */
export function activeParameters(architecture: Architecture): number {
  return commonParameters(architecture) + Math.floor(routedParameters(architecture) / sparsity(architecture));
}

/** Bytes of one weight of an expert. */
export function expertWeightBytes({ weightBytes, moe }: Architecture): number {
  return moe?.expertWeightBytes ?? weightBytes;
}

/** Bytes of all weights. */
export function weightsBytes(architecture: Architecture): number {
  const { weightBytes, experts, moe = allLayersAlike } = architecture;
  const inExperts = expertLayers(architecture) * (experts + moe.sharedExperts) * expertParameters(architecture);
  const difference = expertWeightBytes(architecture) - weightBytes;
  return weightBytes * totalParameters(architecture) + difference * inExperts;
}

/** Bytes that one token keeps in the KV cache; with latent attention its compressed vector and its rotary key. */
export function kvBytesPerToken(architecture: Architecture): number {
  const { headDim, layers, activationBytes, moe } = architecture;
  if (moe?.latentAttention) {
    const { latentRank, ropeDim } = moe.latentAttention;
    return (latentRank + ropeDim) * layers * activationBytes;
  }
  return keyValueHeads(architecture) * headDim * layers * activationBytes;
}

/**
 * Expected share of the experts that `tokens` tokens touch, each choosing uniformly and independently:
 * `1 - (1 - 1/sparsity)^tokens` (Erdil 2025, equation 22); 1 for a dense model.
 */
export function expectedExpertShare(architecture: Architecture, tokens: number): number {
  return 1 - (1 - 1 / sparsity(architecture)) ** tokens;
}
