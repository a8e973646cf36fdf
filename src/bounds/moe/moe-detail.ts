/** What the published figures of a mixture of experts leave out. `Architecture.dFf` is the width of one routed expert. */
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

/** Every layer has routed experts and nothing else, as published. */
export const allLayersAlike: MoeDetail = { sharedExperts: 0, denseLayers: 0, denseFf: 0 };
