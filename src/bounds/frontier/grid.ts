import type { Accelerator } from "../accelerator.ts";
import { type Architecture, sparsity, weightsBytes } from "../architecture.ts";
import { exp2 } from "./exp2.ts";

/** Batches and numbers of accelerators to try, each in rising order and fractional. */
export interface Grid {
  readonly batches: Float64Array;
  readonly accelerators: Float64Array;
}

/** `count` numbers from `2^from` to `2^to`, evenly apart in their logarithm. */
function log2Grid(from: number, to: number, count: number): Float64Array {
  const step = (to - from) / (count - 1);
  return Float64Array.from({ length: count }, (_, index) => 2 ** (index === count - 1 ? to : from + index * step));
}

/** How fine and how far a grid goes. */
export interface GridExtent {
  readonly points: number;
  /** Logarithm to base 2 of the largest batch of a dense model. */
  readonly log2Batch: number;
  readonly log2Accelerators: number;
}

/** The grid behind the paper's frontiers (Erdil 2025, section 4). */
export const frontierExtent: GridExtent = { points: 400, log2Batch: 18, log2Accelerators: 18 };

/** The grid on which the paper searches for a target utilisation. */
export const mfuTargetExtent: GridExtent = { points: 100, log2Batch: 14, log2Accelerators: 10 };

/** The published grid of a model on a kind of accelerator: from one sequence, and from as many accelerators as hold the weights. */
export function publishedGrid(architecture: Architecture, accelerator: Accelerator, extent: GridExtent): Grid {
  const log2Fewest = Math.log2(weightsBytes(architecture) / accelerator.hbmBytes);
  const accelerators = log2Grid(log2Fewest, extent.log2Accelerators, extent.points);
  // Whether the first row holds the weights it was made to hold hangs on its last bit, and the published rows with it.
  accelerators[0] = exp2(log2Fewest);
  const log2Batch = extent.log2Batch + Math.log2(sparsity(architecture));
  return { batches: log2Grid(0, log2Batch, extent.points), accelerators };
}
