import { UserError } from "../core/errors.ts";
import type { Accelerator } from "./accelerator.ts";

const taken = "as taken by Erdil 2025 (arXiv 2506.04645)";

const h100: Accelerator = {
  name: "H100",
  flopPerSecondByWeightBits: { 4: 2e15, 8: 2e15, 16: 1e15 },
  hbmBytesPerSecond: 3.3e12,
  hbmBytes: 80e9,
  l2BytesPerSecond: 12e12,
  l2Bytes: 25e6,
  intranodeBytesPerSecond: 225e9,
  internodeBytesPerSecond: 25e9,
  nodeSize: 8,
  dollarsPerHour: 2.1,
  kernelLaunchSeconds: 4e-6,
  collectives: "nccl",
  source: `NVIDIA H100 SXM data sheet, rounded; rental price and launch time ${taken}`,
};

/** The accelerators known by name. */
export const accelerators: Readonly<Record<string, Accelerator>> = {
  h100,
  "h100-zero-latency": {
    ...h100,
    name: "H100 ZL",
    kernelLaunchSeconds: 0,
    source: `a what-if: H100 without kernel launches; the collectives keep their latency, ${taken}`,
  },
  h200: {
    ...h100,
    name: "H200",
    hbmBytesPerSecond: 4.8e12,
    hbmBytes: 141e9,
    source: `NVIDIA H200 SXM data sheet, rounded; rental price and launch time ${taken}`,
  },
  a100: {
    name: "A100",
    flopPerSecondByWeightBits: { 8: 624e12, 16: 312e12 },
    hbmBytesPerSecond: 2e12,
    hbmBytes: 80e9,
    l2BytesPerSecond: 12e12,
    l2Bytes: 25e6,
    intranodeBytesPerSecond: 150e9,
    internodeBytesPerSecond: 12.5e9,
    nodeSize: 8,
    dollarsPerHour: 1.5066666666666666,
    kernelLaunchSeconds: 4e-6,
    collectives: "nccl",
    source: `NVIDIA A100 80 GB SXM data sheet, rounded; rental price and launch time ${taken}`,
  },
  v100: {
    name: "V100",
    flopPerSecondByWeightBits: { 8: 100e12, 16: 100e12 },
    hbmBytesPerSecond: 900e9,
    hbmBytes: 16e9,
    l2BytesPerSecond: 3e12,
    l2Bytes: 25e6,
    intranodeBytesPerSecond: 75e9,
    internodeBytesPerSecond: 6.25e9,
    nodeSize: 8,
    dollarsPerHour: 0.42,
    kernelLaunchSeconds: 4e-6,
    collectives: "nccl",
    source: `NVIDIA V100 16 GB SXM2 data sheet, rounded; rental price and launch time ${taken}`,
  },
  "tpu-v4": {
    name: "TPU v4",
    flopPerSecondByWeightBits: { 8: 260e12, 16: 260e12 },
    hbmBytesPerSecond: 1.6e12,
    hbmBytes: 32e9,
    l2BytesPerSecond: 6.44e12,
    l2Bytes: 50e3,
    intranodeBytesPerSecond: null,
    internodeBytesPerSecond: 250e9,
    nodeSize: 1,
    dollarsPerHour: 1,
    kernelLaunchSeconds: 4e-6,
    collectives: "torus",
    source: `TPU v4 (arXiv 2304.01433), rounded; nominal price and launch time ${taken}`,
  },
  "groq-lpu": {
    name: "Groq LPU",
    flopPerSecondByWeightBits: { 8: 750e12, 16: 188e12 },
    hbmBytesPerSecond: 80e12,
    hbmBytes: 230e6,
    l2BytesPerSecond: null,
    l2Bytes: 0,
    intranodeBytesPerSecond: null,
    internodeBytesPerSecond: 165e9,
    nodeSize: 1,
    dollarsPerHour: 1,
    kernelLaunchSeconds: 4e-6,
    collectives: "torus",
    source: `GroqChip 1 product brief: on-chip SRAM in place of HBM; nominal price and launch time ${taken}`,
  },
};

/** The accelerator of that name; a `UserError` lists the names there are. */
export function findAccelerator(name: string, where = "accelerator"): Accelerator {
  const found = Object.hasOwn(accelerators, name) ? accelerators[name] : undefined;
  if (found === undefined) {
    throw new UserError(where, `unknown accelerator "${name}"`, Object.keys(accelerators).join(", "));
  }
  return found;
}
