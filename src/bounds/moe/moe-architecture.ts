import {
  type Architecture,
  attentionParameters,
  embeddingParameters,
  ffMatrixCount,
  kvBytesPerToken,
  qkvWidth,
  queryWidth,
} from "../architecture.ts";
import type { MatrixShards } from "../layout.ts";
import { flopPerAttentionPair } from "../traffic.ts";
import type { Routing } from "./occupancy.ts";

/** What the published formulas leave out of a mixture of experts. `Architecture.dFf` is the width of one routed expert. */
export interface MoeDetail {
  /** Experts, as wide as a routed one, that every token passes through. */
  readonly sharedExperts: number;
  /** The first layers, with an ordinary feed-forward block of width `denseFf`. */
  readonly denseLayers: number;
  readonly denseFf: number;
  /** Bytes of one weight of a routed or shared expert, where they differ from `weightBytes`. */
  readonly expertWeightBytes?: number;
  /** Latent attention (MLA), which has its own projections, cache and arithmetic; figures of one layer. */
  readonly latentAttention?: LatentAttention;
}

/** Multi-head latent attention: the cache holds one compressed vector and one rotary key for each token (DeepSeek-V2, arXiv 2405.04434). */
export interface LatentAttention {
  readonly queryRank: number;
  readonly latentRank: number;
  readonly ropeDim: number;
  readonly keyDim: number;
  readonly valueDim: number;
}

export interface MoeArchitecture extends Architecture {
  readonly moe: MoeDetail;
}

export function routingOf({ experts, activeExperts }: Architecture): Routing {
  return { experts, active: activeExperts };
}

export function expertLayers({ layers, moe }: MoeArchitecture): number {
  return layers - moe.denseLayers;
}

/** Weights of one expert. */
export function expertParameters(architecture: Architecture): number {
  return ffMatrixCount(architecture) * architecture.dModel * architecture.dFf;
}

export function expertWeightBytes(architecture: MoeArchitecture): number {
  return architecture.moe.expertWeightBytes ?? architecture.weightBytes;
}

/** Parameters of the projections of all layers; norms, biases, attention sinks and routers (`d_model·E` a layer) are left out throughout, as published. */
export function moeAttentionParameters(architecture: MoeArchitecture): number {
  const latent = architecture.moe.latentAttention;
  if (!latent) return attentionParameters(architecture);
  const { dModel, queryHeads, layers } = architecture;
  const { queryRank, latentRank, ropeDim, keyDim, valueDim } = latent;
  const query = dModel * queryRank + queryRank * queryHeads * (keyDim + ropeDim);
  const keyValue = dModel * (latentRank + ropeDim) + latentRank * queryHeads * (keyDim + valueDim);
  return layers * (query + keyValue + queryHeads * valueDim * dModel);
}

/** Parameters that every token passes through, embeddings and unembedding included. */
function commonParameters(architecture: MoeArchitecture): number {
  const { dModel, moe } = architecture;
  const dense = moe.denseLayers * ffMatrixCount(architecture) * dModel * moe.denseFf;
  return moeAttentionParameters(architecture) + dense + embeddingParameters(architecture);
}

export function moeTotalParameters(architecture: MoeArchitecture): number {
  const each = architecture.experts + architecture.moe.sharedExperts;
  return commonParameters(architecture) + expertLayers(architecture) * each * expertParameters(architecture);
}

export function moeActiveParameters(architecture: MoeArchitecture): number {
  const each = architecture.activeExperts + architecture.moe.sharedExperts;
  return commonParameters(architecture) + expertLayers(architecture) * each * expertParameters(architecture);
}

export function moeWeightsBytes(architecture: MoeArchitecture): number {
  const each = architecture.experts + architecture.moe.sharedExperts;
  const experts = expertLayers(architecture) * each * expertParameters(architecture) * expertWeightBytes(architecture);
  return experts + commonParameters(architecture) * architecture.weightBytes;
}

/** KV cache bytes of one token; with latent attention the compressed vector and the rotary key. */
export function moeKvBytesPerToken(architecture: MoeArchitecture): number {
  const latent = architecture.moe.latentAttention;
  if (!latent) return kvBytesPerToken(architecture);
  return (latent.latentRank + latent.ropeDim) * architecture.layers * architecture.activationBytes;
}

/** FLOP of one pair of tokens in all layers; latent attention works on the compressed cache: `2·h·(2·latent + rope)` a layer. */
export function moeFlopPerPair(architecture: MoeArchitecture): number {
  const latent = architecture.moe.latentAttention;
  if (!latent) return flopPerAttentionPair(architecture);
  return 2 * architecture.queryHeads * (2 * latent.latentRank + latent.ropeDim) * architecture.layers;
}

/** HBM bytes of a pass over `tokens` tokens, all accelerators together, without the KV cache: `fixed + perExpert·Σ distinct`. */
export interface ExpertTraffic {
  readonly fixedBytes: number;
  /** For each distinct expert touched in a layer. */
  readonly bytesPerExpert: number;
}

/**
 * Splits the published traffic into what depends on the experts touched and what does not. With no shared experts, dense layers
 * or latent attention, `fixed + perExpert·L·E·u` is the published figure.
 */
export function expertTraffic(architecture: MoeArchitecture, tokens: number, shards: MatrixShards): ExpertTraffic {
  const { dModel, dFf, layers, experts, activeExperts, weightBytes, activationBytes, vocabulary, moe } = architecture;
  const { first, second } = shards;
  const matrices = ffMatrixCount(architecture);
  const block = (width: number, bytes: number, blockTokens: number) =>
    matrices * (bytes * dModel * width + activationBytes * (second * dModel + first * width) * blockTokens);
  const expertBytes = expertWeightBytes(architecture);
  const heads = queryWidth(architecture);
  // The published figure counts the projected words once, whatever the bytes of an activation.
  const attentionActivations =
    second * activationBytes * dModel +
    first * qkvWidth(architecture) +
    activationBytes * (second * dModel + first * heads);
  return {
    fixedBytes:
      weightBytes * vocabulary * dModel +
      weightBytes * moeAttentionParameters(architecture) +
      layers * attentionActivations * tokens +
      moe.denseLayers * block(moe.denseFf, weightBytes, tokens) +
      expertLayers(architecture) * moe.sharedExperts * block(dFf, expertBytes, tokens),
    bytesPerExpert: block(dFf, expertBytes, tokens / Math.floor(experts / activeExperts)),
  };
}
