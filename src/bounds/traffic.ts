import {
  type Architecture,
  activeParameters,
  expectedExpertShare,
  expertLayers,
  ffMatrixCount,
  kvBytesPerToken,
  qkvWidth,
  queryWidth,
  sparsity,
} from "./architecture.ts";
import type { MatrixShards } from "./layout.ts";
import { expertTraffic } from "./moe/expert-traffic.ts";

/** Pairs of new and attended tokens when each of `batch` sequences with `contextTokens` cached tokens takes `tokensPerSequence` new ones. */
export function attentionPairs(batch: number, contextTokens: number, tokensPerSequence: number): number {
  return (batch * tokensPerSequence * (contextTokens + (contextTokens + tokensPerSequence - 1))) / 2;
}

/**
 * FLOP of one pair of a new and an attended token, in all layers: its query-key product and its value; latent attention works on
 * the compressed cache, `2·h·(2·latent + rope)` a layer.
 */
export function flopPerAttentionPair(architecture: Architecture): number {
  const { queryHeads, layers, moe } = architecture;
  if (moe?.latentAttention) {
    const { latentRank, ropeDim } = moe.latentAttention;
    return 2 * queryHeads * (2 * latentRank + ropeDim) * layers;
  }
  return 4 * queryWidth(architecture) * layers;
}

/** FLOP of a forward pass over `tokens` new tokens: `2·P_active·T + 4·d_head·heads·L·pairs` (Erdil 2025, equations 36 to 38). */
export function flop(architecture: Architecture, tokens: number, pairs: number): number {
  return 2 * activeParameters(architecture) * tokens + flopPerAttentionPair(architecture) * pairs;
}

/**
 * HBM bytes of a forward pass over `tokens` new tokens, all accelerators of one model copy together, without the KV cache:
 * weights, of experts only those that the tokens are expected to touch, and activations (Erdil 2025, equations 31 to 35).
 */
export function weightAndActivationBytes(architecture: Architecture, tokens: number, shards: MatrixShards): number {
  const { dModel, dFf, layers, experts, weightBytes, activationBytes, vocabulary, moe } = architecture;
  if (moe !== undefined) {
    const { fixedBytes, bytesPerExpert } = expertTraffic(architecture, tokens, shards);
    return (
      fixedBytes + bytesPerExpert * expertLayers(architecture) * experts * expectedExpertShare(architecture, tokens)
    );
  }
  const { first, second } = shards;
  const unembedding = weightBytes * vocabulary * dModel;
  const expertTokens = tokens / sparsity(architecture);
  const oneMatrix =
    weightBytes * dModel * dFf +
    second * activationBytes * dModel * expertTokens +
    first * activationBytes * dFf * expertTokens;
  const feedForward = expectedExpertShare(architecture, tokens) * experts * ffMatrixCount(architecture) * oneMatrix;
  const width = qkvWidth(architecture);
  // The published figure counts the projected words once, whatever the bytes of an activation.
  const qkv = weightBytes * dModel * width + second * activationBytes * dModel * tokens + first * width * tokens;
  const heads = queryWidth(architecture);
  const output = weightBytes * heads * dModel + activationBytes * (second * dModel + first * heads) * tokens;
  return unembedding + layers * (feedForward + qkv + output);
}

/** HBM bytes of a forward pass that reads `kvTokensRead` cached tokens beside weights and activations. */
export function bytes(architecture: Architecture, tokens: number, kvTokensRead: number, shards: MatrixShards): number {
  return kvBytesPerToken(architecture) * kvTokensRead + weightAndActivationBytes(architecture, tokens, shards);
}
