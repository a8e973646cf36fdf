import type { DrawnLoads } from "../../bounds/moe/step-cost.ts";

/** How closely expert choice is followed: its mean as published, distinct experts of each layer, or also where they lie. */
export const expertLevels = ["expected", "sampled", "sampled-per-rank"] as const;
export type ExpertLevel = (typeof expertLevels)[number];

/** Draws the expert loads of one step after the other. */
export interface ExpertSampler {
  readonly level: ExpertLevel;
  /**
   * Loads of a step of `tokens` new tokens from `sequences` sequences, in the microbatch of that index (0 unless said): what tokens
   * remember of their experts, they remember of their own microbatch. The result is overwritten by the next call.
   * Allocates nothing but tables on the first use of a token count.
   */
  sample(tokens: number, sequences: number, microbatch?: number): DrawnLoads;
}

/** Loads that a sampler fills in anew at each step. */
export interface MutableLoads extends DrawnLoads {
  touchedTotal: number;
  distinctTotal: number;
  assignmentsTotal: number;
  readonly distinct: Float64Array;
  readonly assignments: Float64Array;
  readonly touched: Float64Array;
}

/** `perRank`: what one rank reads is not what all ranks touch. */
export function emptyLoads(layers: number, perRank = false): MutableLoads {
  const distinct = new Float64Array(layers);
  return {
    distinctTotal: 0,
    assignmentsTotal: 0,
    touchedTotal: 0,
    distinct,
    assignments: new Float64Array(layers),
    touched: perRank ? new Float64Array(layers) : distinct,
  };
}
