import { type CollectiveModel, collectiveModel, type Links } from "./collective-model.ts";

/** One hop between neighbours of the torus, as Erdil 2025 takes it. */
const hopSeconds = 1e-6;

/** A ring along one dimension of a torus, as on TPUs and Groq's chips: every rank is its own node (the code of Erdil 2025). */
export function torus(links: Links): CollectiveModel {
  return collectiveModel((collective, ranks) => {
    const passes = collective === "all-reduce" ? 2 : 1;
    const secondsPerByte = ((ranks - 1) / (ranks * links.internodeBytesPerSecond)) * (passes / 2);
    return [{ latencySeconds: passes * (ranks - 1) * hopSeconds, secondsPerByte }];
  });
}
