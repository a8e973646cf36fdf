import type { Accelerator } from "../accelerator.ts";
import { type Architecture, expectedExpertShare } from "../architecture.ts";
import { publishedPipelineStages } from "../best-layout.ts";
import { memoryBytes } from "../memory.ts";
import { expectedTokens, type Speculation } from "../speculative.ts";
import { uniformPass, uniformPassSeconds } from "../uniform-pass.ts";
import type { Grid } from "./grid.ts";

/**
 * Seconds of one forward pass with the best published layout at every point of a grid, Infinity where infeasible; the
 * value for `accelerators[i]` and `batches[j]` is at `i · batches.length + j`. The same figures as `bestLayout`, but a
 * layout's coefficients are worked out once for a row of batches, and the share of touched experts once for a column.
 */
export function gridLatency(
  architecture: Architecture,
  accelerator: Accelerator,
  grid: Grid,
  contextTokens: number,
  tokensPerSequence = 1,
): Float64Array {
  const { batches, accelerators } = grid;
  const columns = batches.length;
  const seconds = new Float64Array(accelerators.length * columns).fill(Number.POSITIVE_INFINITY);
  for (const pipelineStages of publishedPipelineStages) {
    const tokens = batches.map((batch) => (batch * tokensPerSequence) / pipelineStages);
    const shares = tokens.map((count) => expectedExpertShare(architecture, count));
    const firstBatch = batches.findIndex((batch) => batch >= pipelineStages);
    if (firstBatch < 0) continue;
    for (let row = 0; row < accelerators.length; row++) {
      const count = accelerators[row]!;
      if (count < pipelineStages) continue;
      const endBatch = endOfFit(architecture, accelerator, count, batches, contextTokens);
      for (const tensorParallel of ["2d", "1d"] as const) {
        const layout = { tensorParallel, tensorRanks: count / pipelineStages, pipelineStages };
        const pass = uniformPass(architecture, accelerator, layout, contextTokens, tokensPerSequence);
        for (let column = firstBatch; column < endBatch; column++) {
          const time = uniformPassSeconds(pass, tokens[column]!, shares[column]!);
          const cell = row * columns + column;
          if (time < seconds[cell]!) seconds[cell] = time;
        }
      }
    }
  }
  return seconds;
}

/** The first of rising batches that no longer fits beside the weights. */
function endOfFit(
  architecture: Architecture,
  accelerator: Accelerator,
  accelerators: number,
  batches: Float64Array,
  contextTokens: number,
): number {
  const hbmBytes = accelerators * accelerator.hbmBytes;
  let end = batches.length;
  while (end > 0 && memoryBytes(architecture, batches[end - 1]!, contextTokens) > hbmBytes) end--;
  return end;
}

/** Seconds per token with the best run of guesses, or none, at every point of a grid (see `speculativeLatency`). */
export function speculativeGridLatency(
  architecture: Architecture,
  speculation: Speculation,
  accelerator: Accelerator,
  grid: Grid,
  contextTokens: number,
): Float64Array {
  const best = gridLatency(architecture, accelerator, grid, contextTokens);
  // With no guess ever right, a draft only costs time.
  if (speculation.acceptance === 0) return best;
  const draft = gridLatency(speculation.draft, accelerator, grid, contextTokens);
  for (let draftTokens = 1; draftTokens <= speculation.maxDraftTokens; draftTokens++) {
    const verify = gridLatency(architecture, accelerator, grid, contextTokens, draftTokens + 1);
    const tokens = expectedTokens(speculation.acceptance, draftTokens);
    for (let cell = 0; cell < best.length; cell++) {
      const seconds = (verify[cell]! + draftTokens * draft[cell]!) / tokens;
      if (seconds < best[cell]!) best[cell] = seconds;
    }
  }
  return best;
}
