import type { Accelerator } from "../bounds/accelerator.ts";
import { type Architecture, totalParameters } from "../bounds/architecture.ts";
import { type PalmCheck, palmCheck } from "../bounds/palm-check.ts";
import { bestLatency, type ScalingLaw, scalingLaws } from "../bounds/scaling-laws.ts";
import { type ToyOptimum, toyOptimum } from "../bounds/toy.ts";

/** The toy model's optimum of one model, the laws that follow from it, and the measurements it was checked against. */
export interface ToyReport {
  readonly model: string;
  readonly accelerator: string;
  readonly parameters: number;
  readonly batch: number;
  readonly optimum: ToyOptimum;
  /** The fastest token of one sequence with the network and the best layout, whether or not memory suffices. */
  readonly full: { readonly accelerators: number; readonly seconds: number };
  readonly laws: readonly ScalingLaw[];
  readonly palm: PalmCheck;
}

export function toyReport(architecture: Architecture, accelerator: Accelerator, batch: number): ToyReport {
  return {
    model: architecture.name,
    accelerator: accelerator.name,
    parameters: totalParameters(architecture),
    batch,
    optimum: toyOptimum(architecture, accelerator, batch),
    full: bestLatency(architecture, accelerator),
    laws: scalingLaws(architecture, accelerator),
    palm: palmCheck(),
  };
}
