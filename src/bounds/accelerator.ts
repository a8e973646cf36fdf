import { UserError } from "../core/errors.ts";
import type { CollectiveName } from "./collectives/collective-model.ts";

/** The figures of an accelerator and its network that bound a forward pass; SI units. */
export interface Accelerator {
  readonly name: string;
  /** Peak dense FLOP/s where weights have that many bits; precisions not listed are not supported. */
  readonly flopPerSecondByWeightBits: Readonly<Partial<Record<number, number>>>;
  readonly hbmBytesPerSecond: number;
  readonly hbmBytes: number;
  /** Null where there is no such cache. */
  readonly l2BytesPerSecond: number | null;
  readonly l2Bytes: number;
  /** All-reduce bytes/s of one accelerator within its node; null where every link leaves the node. */
  readonly intranodeBytesPerSecond: number | null;
  /** All-reduce bytes/s of one accelerator between nodes. */
  readonly internodeBytesPerSecond: number;
  /** Accelerators of one node. */
  readonly nodeSize: number;
  readonly dollarsPerHour: number;
  readonly kernelLaunchSeconds: number;
  readonly collectives: CollectiveName;
  /** Where the figures come from. */
  readonly source: string;
}

/** Peak FLOP/s with weights of that many bytes; a `UserError` where the accelerator does not support them. */
export function flopPerSecond(accelerator: Accelerator, weightBytes: number): number {
  const bits = 8 * weightBytes;
  const found = accelerator.flopPerSecondByWeightBits[bits];
  if (found === undefined) {
    const allowed = Object.keys(accelerator.flopPerSecondByWeightBits).join(", ");
    throw new UserError("accelerator", `${accelerator.name} has no figure for ${bits}-bit weights`, `${allowed} bits`);
  }
  return found;
}
