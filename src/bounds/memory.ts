import type { Accelerator } from "./accelerator.ts";
import { type Architecture, kvBytesPerToken, weightsBytes } from "./architecture.ts";

/** Bytes of the weights and of the KV cache of `batch` sequences with `contextTokens` tokens each. */
export function memoryBytes(architecture: Architecture, batch: number, contextTokens: number): number {
  return weightsBytes(architecture) + kvBytesPerToken(architecture) * contextTokens * batch;
}

/** Whether weights and KV cache fit into the HBM of so many accelerators. */
export function fits(
  architecture: Architecture,
  accelerator: Accelerator,
  accelerators: number,
  batch: number,
  contextTokens: number,
): boolean {
  return memoryBytes(architecture, batch, contextTokens) <= accelerators * accelerator.hbmBytes;
}

/**
 * Tokens that the KV cache holds beside the weights; negative where even the weights do not fit. Of stages with more and
 * fewer layers the fullest decides: `heaviest` is what it holds over the mean stage.
 */
export function kvCapacityTokens(
  architecture: Architecture,
  accelerator: Accelerator,
  accelerators: number,
  heaviest = 1,
): number {
  const freeBytes = (accelerators * accelerator.hbmBytes) / heaviest - weightsBytes(architecture);
  return Math.floor(freeBytes / kvBytesPerToken(architecture));
}
