import type { Accelerator } from "./accelerator.ts";
import type { Architecture } from "./architecture.ts";
import { layoutSeconds } from "./best-layout.ts";

/**
 * Seconds of one forward pass with matrices cut both ways over all accelerators (Erdil 2025, equations 29 to 44);
 * Infinity where memory does not suffice. Numbers may be fractional.
 */
export function tokenLatencySeconds(
  architecture: Architecture,
  accelerator: Accelerator,
  accelerators: number,
  batch: number,
  contextTokens: number,
  tokensPerSequence = 1,
): number {
  const layout = { tensorParallel: "2d", tensorRanks: accelerators, pipelineStages: 1 } as const;
  return layoutSeconds(architecture, accelerator, layout, batch, contextTokens, tokensPerSequence);
}
