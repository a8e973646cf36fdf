/** Names of the collective models in the catalogue. */
export type CollectiveName = "nccl" | "torus";

/** Time of one collective, apart for what grows with its bytes and what does not. */
export interface CollectiveTime {
  readonly latencySeconds: number;
  readonly bandwidthSeconds: number;
}

/** The links of an accelerator that a collective runs over. */
export interface Links {
  readonly intranodeBytesPerSecond: number | null;
  readonly internodeBytesPerSecond: number;
}

/**
 * Time of collectives between `ranks` accelerators on `nodes` nodes, each holding `bytes` bytes.
 *
 * An exchangeable part: no one formula bounds every implementation from below (kernels of one's own can beat NCCL).
 * Ranks and nodes may be fractional, as the paper's continuous relaxation takes them.
 */
export interface CollectiveModel {
  allReduce(ranks: number, nodes: number, bytes: number): CollectiveTime;
  pointToPoint(ranks: number, nodes: number, bytes: number): CollectiveTime;
}

/** What a single rank (or the fraction of one, in the continuous relaxation) takes for any collective. */
export const nothingToSend: CollectiveTime = { latencySeconds: 0, bandwidthSeconds: 0 };
