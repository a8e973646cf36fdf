import {
  type Architecture,
  attentionParameters,
  expertLayers,
  expertWeightBytes,
  ffMatrixCount,
  qkvWidth,
  queryWidth,
  sparsity,
} from "../architecture.ts";
import type { MatrixShards } from "../layout.ts";
import { allLayersAlike } from "./moe-detail.ts";

/** HBM bytes of a pass over `tokens` tokens, all accelerators together, without the KV cache: `fixed + perExpert·Σ distinct`. */
export interface ExpertTraffic {
  readonly fixedBytes: number;
  /** For each distinct expert touched in a layer. */
  readonly bytesPerExpert: number;
}

/**
 * Splits the published traffic into what depends on the experts touched and what does not, each linear in tokens. With no shared
 * experts, dense layers or latent attention, `fixed + perExpert·L·E·u` is the published figure.
 */
export function expertTraffic(architecture: Architecture, tokens: number, shards: MatrixShards): ExpertTraffic {
  const { dModel, dFf, layers, weightBytes, activationBytes, vocabulary, moe = allLayersAlike } = architecture;
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
      weightBytes * attentionParameters(architecture) +
      layers * attentionActivations * tokens +
      moe.denseLayers * block(moe.denseFf, weightBytes, tokens) +
      expertLayers(architecture) * moe.sharedExperts * block(dFf, expertBytes, tokens),
    bytesPerExpert: block(dFf, expertBytes, tokens / sparsity(architecture)),
  };
}
