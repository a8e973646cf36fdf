import { type CollectiveModel, type CollectiveTime, type Links, nothingToSend } from "./collective-model.ts";

/** One hop between neighbours of the torus, as Erdil 2025 takes it. */
const hopSeconds = 1e-6;

/** A ring along one dimension of a torus, as on TPUs and Groq's chips: every rank is its own node (Erdil 2025, section 3.4). */
export function torus(links: Links): CollectiveModel {
  function ring(ranks: number, bytes: number, passes: 1 | 2): CollectiveTime {
    if (ranks <= 1) return nothingToSend;
    const bandwidthSeconds = (((ranks - 1) * bytes) / (ranks * links.internodeBytesPerSecond)) * (passes / 2);
    return { latencySeconds: passes * (ranks - 1) * hopSeconds, bandwidthSeconds };
  }

  return {
    allReduce: (ranks, _nodes, bytes) => ring(ranks, bytes, 2),
    pointToPoint: (ranks, _nodes, bytes) => ring(ranks, bytes, 1),
  };
}
