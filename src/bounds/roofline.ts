import { type Accelerator, flopPerSecond } from "./accelerator.ts";
import { type Architecture, totalParameters, weightsBytes } from "./architecture.ts";

/** Seconds of one forward pass of a dense model on one accelerator: `max(w·P/B, 2·P·b/C)` (Erdil 2025, section 2.1). */
export function rooflineSeconds(architecture: Architecture, accelerator: Accelerator, batch: number): number {
  const readSeconds = weightsBytes(architecture) / accelerator.hbmBytesPerSecond;
  const computeSeconds =
    (2 * totalParameters(architecture) * batch) / flopPerSecond(accelerator, architecture.weightBytes);
  return Math.max(readSeconds, computeSeconds);
}

/**
 * The batch `b* = w·C/(2·B)` at which reading the weights takes as long as computing with them (Erdil 2025, section 2.1):
 * beyond it another instance serves better than a larger batch.
 */
export function criticalBatch(architecture: Architecture, accelerator: Accelerator): number {
  const bytesPerWeight = weightsBytes(architecture) / totalParameters(architecture);
  return (bytesPerWeight * flopPerSecond(accelerator, architecture.weightBytes)) / (2 * accelerator.hbmBytesPerSecond);
}
