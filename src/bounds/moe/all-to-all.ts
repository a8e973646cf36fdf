import type { CollectiveModel, CollectiveTime } from "../collectives/collective-model.ts";

/**
 * Time of an all-to-all in which every rank holds `bytes`, an equal part for each rank.
 * Built from the collective model's one-pass operations, which move the same bytes over the same links: within a node each of the
 * `g = ranks/nodes` ranks sends `(g-1)/g` of the `bytes/nodes` that stay in the node; between nodes it sends
 * `(nodes-1)/nodes` of its `bytes` to its peers, one on each node. The two run one after the other, as in
 * hierarchical all-to-alls (DeepSeek-V3, arXiv 2412.19437, section 3.2.2, forwards over the network first, then within the node).
 */
export function allToAll(collectives: CollectiveModel, ranks: number, nodes: number, bytes: number): CollectiveTime {
  const within = collectives.pointToPoint(ranks / nodes, 1, bytes / nodes);
  const between = collectives.pointToPoint(nodes, nodes, bytes);
  return {
    latencySeconds: within.latencySeconds + between.latencySeconds,
    bandwidthSeconds: within.bandwidthSeconds + between.bandwidthSeconds,
  };
}

/** Bytes of one hidden vector on its way to an expert and back: DeepSeek-V3 sends 8 bits out and 16 back. */
export interface TokenBytes {
  readonly dispatchBytes: number;
  readonly combineBytes: number;
}

/**
 * Dispatch and combine of one expert layer. The exchange lasts until the busiest rank has all it must serve, so it is
 * an all-to-all in which every rank holds as much as that one receives: `assignments · bytes`. Each token-expert
 * assignment travels by itself; sending a token once to a rank that holds several of its experts would save
 * a part that is small where ranks hold few experts.
 */
export function dispatchAndCombine(
  collectives: CollectiveModel,
  ranks: number,
  nodes: number,
  busiestAssignments: number,
  { dispatchBytes, combineBytes }: TokenBytes,
): CollectiveTime {
  const dispatch = allToAll(collectives, ranks, nodes, busiestAssignments * dispatchBytes);
  const combine = allToAll(collectives, ranks, nodes, busiestAssignments * combineBytes);
  return {
    latencySeconds: dispatch.latencySeconds + combine.latencySeconds,
    bandwidthSeconds: dispatch.bandwidthSeconds + combine.bandwidthSeconds,
  };
}
