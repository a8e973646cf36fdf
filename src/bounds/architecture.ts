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

/** Feed-forward parameters of all layers and experts. */
export function feedForwardParameters(architecture: Architecture): number {
  const { layers, experts, dModel, dFf } = architecture;
  return layers * experts * ffMatrixCount(architecture) * dModel * dFf;
}

/** Parameters of the QKV and output projections of all layers. */
export function attentionParameters(architecture: Architecture): number {
  const { layers, dModel } = architecture;
  return layers * (qkvWidth(architecture) * dModel + queryWidth(architecture) * dModel);
}

/** Parameters of the embedding and the unembedding. */
export function embeddingParameters(architecture: Architecture): number {
  return 2 * architecture.vocabulary * architecture.dModel;
}

/** All parameters. */
export function totalParameters(architecture: Architecture): number {
  return attentionParameters(architecture) + feedForwardParameters(architecture) + embeddingParameters(architecture);
}

/** Parameters that one token passes through. */
export function activeParameters(architecture: Architecture): number {
  const feedForward = Math.floor(feedForwardParameters(architecture) / sparsity(architecture));
  return attentionParameters(architecture) + feedForward + embeddingParameters(architecture);
}

/** Bytes of all weights. */
export function weightsBytes(architecture: Architecture): number {
  return architecture.weightBytes * totalParameters(architecture);
}

/** Bytes that one token keeps in the KV cache. */
export function kvBytesPerToken(architecture: Architecture): number {
  return keyValueHeads(architecture) * architecture.headDim * architecture.layers * architecture.activationBytes;
}

/**
 * Expected share of the experts that `tokens` tokens touch, each choosing uniformly and independently:
 * `1 - (1 - 1/sparsity)^tokens` (Erdil 2025, equation 22); 1 for a dense model.
 */
export function expectedExpertShare(architecture: Architecture, tokens: number): number {
  return 1 - (1 - 1 / sparsity(architecture)) ** tokens;
}
