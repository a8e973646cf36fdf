import type { Accelerator } from "../accelerator.ts";
import type { Architecture } from "../architecture.ts";
import type { Layout } from "../layout.ts";

function divisors(whole: number): number[] {
  const found: number[] = [];
  for (let divisor = 1; divisor <= whole; divisor++) if (whole % divisor === 0) found.push(divisor);
  return found;
}

/** Ranks that fill nodes or share one evenly. */
function fitNodes(ranks: number, nodeSize: number): boolean {
  return ranks <= nodeSize ? nodeSize % ranks === 0 : ranks % nodeSize === 0;
}

/**
 * The layouts that can be built of at most `maxAccelerators` whole accelerators: tensor-parallel degrees that divide the
 * query heads and fit nodes, cut one way, or both ways where they are a square; pipeline stages that divide the layers.
 */
export function realLayouts(architecture: Architecture, accelerator: Accelerator, maxAccelerators: number): Layout[] {
  const layouts: Layout[] = [];
  const stageCounts = divisors(architecture.layers);
  for (const tensorRanks of divisors(architecture.queryHeads)) {
    if (!fitNodes(tensorRanks, accelerator.nodeSize)) continue;
    for (const pipelineStages of stageCounts) {
      if (tensorRanks * pipelineStages > maxAccelerators) break;
      layouts.push({ tensorParallel: "1d", tensorRanks, pipelineStages });
      const square = tensorRanks > 1 && Number.isInteger(Math.sqrt(tensorRanks));
      if (square) layouts.push({ tensorParallel: "2d", tensorRanks, pipelineStages });
    }
  }
  return layouts;
}
