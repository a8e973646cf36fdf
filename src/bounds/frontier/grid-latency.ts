import type { Accelerator } from "../accelerator.ts";
import { type Architecture, expectedExpertShare } from "../architecture.ts";
import { publishedPipelineStages } from "../best-layout.ts";
import { pieceAt } from "../concave-time.ts";
import { memoryBytes } from "../memory.ts";
import { expectedTokens, type Speculation } from "../speculative.ts";
import { type UniformPass, uniformPass, workSeconds } from "../uniform-pass.ts";
import type { Grid } from "./grid.ts";

/** One layout in one row of a grid, and the batches there that it can serve: from `first` to before `end`. */
interface RowPass {
  readonly row: number;
  readonly pass: UniformPass;
  readonly first: number;
  readonly end: number;
}

/** The published layouts of every row, by their number of stages. */
function rowPasses(
  architecture: Architecture,
  accelerator: Accelerator,
  { batches, accelerators }: Grid,
  contextTokens: number,
): Map<number, RowPass[]> {
  const needs = batches.map((batch) => memoryBytes(architecture, batch, contextTokens));
  const ends = accelerators.map((count) => {
    const tooLarge = needs.findIndex((bytes) => bytes > count * accelerator.hbmBytes);
    return tooLarge < 0 ? batches.length : tooLarge;
  });
  const byStages = new Map<number, RowPass[]>();
  for (const pipelineStages of publishedPipelineStages) {
    const first = batches.findIndex((batch) => batch >= pipelineStages);
    const passes: RowPass[] = [];
    accelerators.forEach((count, row) => {
      const end = ends[row]!;
      if (first < 0 || first >= end || count < pipelineStages) return;
      for (const tensorParallel of ["2d", "1d"] as const) {
        const layout = { tensorParallel, tensorRanks: count / pipelineStages, pipelineStages };
        passes.push({ row, pass: uniformPass(architecture, accelerator, layout, contextTokens), first, end });
      }
    });
    byStages.set(pipelineStages, passes);
  }
  return byStages;
}

/**
 * Seconds of one forward pass with the best published layout at every point of a grid, Infinity where infeasible, by the
 * new tokens of each sequence; the value for `accelerators[i]` and `batches[j]` is at `i · batches.length + j`.
 *
 * The same figures as `bestLayout`. Its terms separate: the coefficients of a layout serve a whole row and all draft
 * lengths, the share of touched experts a whole column, and along a row the network walks its straight pieces once.
 */
export function gridLatency(
  architecture: Architecture,
  accelerator: Accelerator,
  grid: Grid,
  contextTokens: number,
): (tokensPerSequence: number) => Float64Array {
  const { batches } = grid;
  const byStages = rowPasses(architecture, accelerator, grid, contextTokens);
  return (tokensPerSequence) => {
    const seconds = new Float64Array(grid.accelerators.length * batches.length).fill(Number.POSITIVE_INFINITY);
    for (const [stages, passes] of byStages) {
      const tokens = batches.map((batch) => (batch * tokensPerSequence) / stages);
      const shares = tokens.map((count) => expectedExpertShare(architecture, count));
      for (const { row, pass, first, end } of passes) {
        const { network, launchSeconds } = pass;
        let piece = 0;
        for (let column = first, cell = row * batches.length + first; column < end; column++, cell++) {
          const newTokens = tokens[column]!;
          piece = pieceAt(network, newTokens, piece);
          const networkSeconds = network.latencySeconds[piece]! + network.secondsPerToken[piece]! * newTokens;
          const sequences = batches[column]! / stages;
          const work = workSeconds(pass, sequences, newTokens, shares[column]!);
          const time = launchSeconds + networkSeconds + work;
          if (time < seconds[cell]!) seconds[cell] = time;
        }
      }
    }
    return seconds;
  };
}

/** Seconds per token with the best run of guesses, or none, at every point of a grid (see `speculativeLatency`). */
export function speculativeGridLatency(
  architecture: Architecture,
  speculation: Speculation,
  accelerator: Accelerator,
  grid: Grid,
  contextTokens: number,
): Float64Array {
  const latency = gridLatency(architecture, accelerator, grid, contextTokens);
  const best = latency(1);
  // With no guess ever right, a draft only costs time.
  if (speculation.acceptance === 0) return best;
  const draft = gridLatency(speculation.draft, accelerator, grid, contextTokens)(1);
  for (let draftTokens = 1; draftTokens <= speculation.maxDraftTokens; draftTokens++) {
    const verify = latency(draftTokens + 1);
    const tokens = expectedTokens(speculation.acceptance, draftTokens);
    for (let cell = 0; cell < best.length; cell++) {
      const seconds = (verify[cell]! + draftTokens * draft[cell]!) / tokens;
      if (seconds < best[cell]!) best[cell] = seconds;
    }
  }
  return best;
}
