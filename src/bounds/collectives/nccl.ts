import { type CollectiveModel, collectiveModel, type Links } from "./collective-model.ts";

/** Wire protocols of NCCL, in the order they are tried (NCCL's tuning tables, as in Erdil 2025). */
const wires = [
  { intranodeHopSeconds: 28e-6, internodeHopSeconds: 28e-6, baseSeconds: 0, bandwidthFactor: 1 },
  { intranodeHopSeconds: 1.25e-6, internodeHopSeconds: 8.5e-6, baseSeconds: 14e-6, bandwidthFactor: 0.95 },
  { intranodeHopSeconds: 0.6e-6, internodeHopSeconds: 5e-6, baseSeconds: 6.8e-6, bandwidthFactor: 0.5 },
];

/**
 * NCCL's trees over nodes and chains within them (Erdil 2025, equations 23 and 39 to 42): the fastest of the protocols
 * Simple, LL128 and LL, by the sum of latency and bandwidth.
 */
export function nccl(links: Links): CollectiveModel {
  const internode = links.internodeBytesPerSecond;
  const intranode = links.intranodeBytesPerSecond ?? internode;
  return collectiveModel((collective, ranks, nodes) => {
    const passes = collective === "all-reduce" ? 2 : 1;
    const hops = ranks / nodes - 1;
    const doublings = Math.log2(nodes);
    const wireSecondsPerByte =
      ((nodes * Math.max(0, hops)) / (ranks * intranode) + (nodes - 1) / (ranks * internode)) * (passes / 2);
    return wires.map(({ intranodeHopSeconds, internodeHopSeconds, baseSeconds, bandwidthFactor }) => ({
      latencySeconds: passes * (hops * intranodeHopSeconds + doublings * internodeHopSeconds) + baseSeconds,
      secondsPerByte: wireSecondsPerByte / bandwidthFactor,
    }));
  });
}
