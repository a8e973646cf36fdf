import { type CollectiveModel, type CollectiveTime, type Links, nothingToSend } from "./collective-model.ts";

/** A wire protocol of NCCL: how long its hops take, and which factor of the link's bandwidth it reaches. */
interface Protocol {
  readonly intranodeHopSeconds: number;
  readonly internodeHopSeconds: number;
  readonly baseSeconds: number;
  readonly bandwidthFactor: number;
}

/** In the order they are tried: a later one wins only if strictly faster (NCCL's tuning tables, as in Erdil 2025). */
const protocols: readonly Protocol[] = [
  { intranodeHopSeconds: 28e-6, internodeHopSeconds: 28e-6, baseSeconds: 0, bandwidthFactor: 1 },
  { intranodeHopSeconds: 1.25e-6, internodeHopSeconds: 8.5e-6, baseSeconds: 14e-6, bandwidthFactor: 0.95 },
  { intranodeHopSeconds: 0.6e-6, internodeHopSeconds: 5e-6, baseSeconds: 6.8e-6, bandwidthFactor: 0.5 },
];

/**
 * NCCL's trees over nodes and chains within them (Erdil 2025, section 3.4): the fastest of the protocols
 * Simple, LL128 and LL, by the sum of latency and bandwidth.
 */
export function nccl(links: Links): CollectiveModel {
  const internode = links.internodeBytesPerSecond;
  const intranode = links.intranodeBytesPerSecond ?? internode;

  function fastest(ranks: number, nodes: number, bytes: number, passes: 1 | 2): CollectiveTime {
    if (ranks <= 1) return nothingToSend;
    const inside = ranks / nodes - 1;
    const doublings = Math.log2(nodes);
    const wireSeconds =
      ((nodes * Math.max(0, inside) * bytes) / (ranks * intranode) + ((nodes - 1) * bytes) / (ranks * internode)) *
      (passes / 2);
    let best: CollectiveTime = nothingToSend;
    let bestSeconds = Number.POSITIVE_INFINITY;
    for (const { intranodeHopSeconds, internodeHopSeconds, baseSeconds, bandwidthFactor } of protocols) {
      const latencySeconds = passes * (inside * intranodeHopSeconds + doublings * internodeHopSeconds) + baseSeconds;
      const bandwidthSeconds = wireSeconds / bandwidthFactor;
      if (latencySeconds + bandwidthSeconds < bestSeconds) {
        bestSeconds = latencySeconds + bandwidthSeconds;
        best = { latencySeconds, bandwidthSeconds };
      }
    }
    return best;
  }

  return {
    allReduce: (ranks, nodes, bytes) => fastest(ranks, nodes, bytes, 2),
    pointToPoint: (ranks, nodes, bytes) => fastest(ranks, nodes, bytes, 1),
  };
}
