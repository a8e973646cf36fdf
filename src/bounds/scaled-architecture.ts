import type { Architecture } from "./architecture.ts";
import type { MoeDetail } from "./moe/moe-detail.ts";

/**
 * The same model with about `factor` times the parameters: width, feed-forward width and layers grow as `factor^(1/3)`, the
 * heads' number and width as `factor^(1/6)`; layers are rounded down and heads up, and the key and value heads stay
 * (the model scaling of Erdil 2025's code).
 */
export function scaledArchitecture(architecture: Architecture, factor: number): Architecture {
  const third = factor ** (1 / 3);
  const sixth = factor ** (1 / 6);
  const queryHeads = Math.ceil(architecture.queryHeads * sixth);
  const groups = architecture.queryHeads / architecture.groupSize;
  const layers = Math.floor(architecture.layers * third);
  const { moe } = architecture;
  return {
    ...architecture,
    dModel: architecture.dModel * third,
    dFf: architecture.dFf * third,
    layers,
    queryHeads,
    groupSize: queryHeads / groups,
    headDim: architecture.headDim * sixth,
    ...(moe && { moe: scaledDetail(moe, third, sixth, layers / architecture.layers) }),
    source: `${architecture.source}; scaled ${factor}-fold as in Erdil 2025 (arXiv 2506.04645)`,
  };
}

/** Dense layers keep their share, the ranks of latent attention scale as widths, its head sizes as heads. */
function scaledDetail(moe: MoeDetail, third: number, sixth: number, layerShare: number): MoeDetail {
  const latent = moe.latentAttention;
  return {
    ...moe,
    denseLayers: moe.denseLayers * layerShare,
    denseFf: moe.denseFf * third,
    ...(latent && {
      latentAttention: {
        queryRank: latent.queryRank * third,
        latentRank: latent.latentRank * third,
        ropeDim: latent.ropeDim * sixth,
        keyDim: latent.keyDim * sixth,
        valueDim: latent.valueDim * sixth,
      },
    }),
  };
}
