/** Names of the collective models in the catalogue. */
export type CollectiveName = "nccl" | "torus";

/** Time of one collective, apart for what grows with its bytes and what does not. */
export interface CollectiveTime {
  readonly latencySeconds: number;
  readonly bandwidthSeconds: number;
}

/** One way of running a collective: its time is `latencySeconds + bytes · secondsPerByte`. */
export interface Protocol {
  readonly latencySeconds: number;
  readonly secondsPerByte: number;
}

/** An all-reduce passes its bytes twice round the ranks, a transfer once. */
export type Collective = "all-reduce" | "point-to-point";

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
  /** The ways there are, in the order they are tried: the fastest is taken, a later one only if strictly faster. */
  protocols(collective: Collective, ranks: number, nodes: number): readonly Protocol[];
  allReduce(ranks: number, nodes: number, bytes: number): CollectiveTime;
  pointToPoint(ranks: number, nodes: number, bytes: number): CollectiveTime;
}

/** A single rank (or the fraction of one, in the continuous relaxation) has nothing to send. */
const nothingToSend: readonly Protocol[] = [{ latencySeconds: 0, secondsPerByte: 0 }];

/** Time of the fastest protocol on so many bytes; a later one is taken only if strictly faster. */
export function fastest(protocols: readonly Protocol[], bytes: number): CollectiveTime {
  let latency = Number.POSITIVE_INFINITY;
  let bandwidth = 0;
  for (const { latencySeconds, secondsPerByte } of protocols) {
    const bandwidthSeconds = secondsPerByte * bytes;
    if (latencySeconds + bandwidthSeconds >= latency + bandwidth) continue;
    latency = latencySeconds;
    bandwidth = bandwidthSeconds;
  }
  return { latencySeconds: latency, bandwidthSeconds: bandwidth };
}

/** The collective model that runs the fastest of the given protocols between more than one rank. */
export function collectiveModel(between: CollectiveModel["protocols"]): CollectiveModel {
  const protocols: CollectiveModel["protocols"] = (collective, ranks, nodes) =>
    ranks <= 1 ? nothingToSend : between(collective, ranks, nodes);
  return {
    protocols,
    allReduce: (ranks, nodes, bytes) => fastest(protocols("all-reduce", ranks, nodes), bytes),
    pointToPoint: (ranks, nodes, bytes) => fastest(protocols("point-to-point", ranks, nodes), bytes),
  };
}
