import type { Accelerator } from "../bounds/accelerator.ts";
import type { Architecture } from "../bounds/architecture.ts";
import type { TensorParallel } from "../bounds/layout.ts";
import { mixtureOfExperts } from "../bounds/moe/moe-architecture.ts";
import { contiguousPlacement } from "../bounds/moe/placement.ts";
import type { Popularity } from "../bounds/moe/popularity.ts";
import { type MoeRow, moeTable } from "../bounds/moe/table.ts";
import { UserError } from "../core/errors.ts";

export interface MoeQuestion {
  readonly architecture: Architecture;
  readonly accelerator: Accelerator;
  readonly accelerators: number;
  readonly tensorParallel: TensorParallel | undefined;
  /** Whole numbers. */
  readonly batches: readonly number[];
  readonly contextTokens: number;
  /** Zipf's exponent of the experts' popularity; 0: all alike. */
  readonly zipfExponent: number;
}

/** Expert choice and what it does to a decode step, by batch. */
export interface MoeReport {
  readonly model: string;
  readonly accelerator: string;
  readonly accelerators: number;
  readonly tensorParallel: TensorParallel;
  readonly contextTokens: number;
  readonly popularity: Popularity;
  /** Ranks that share the experts in order of popularity, for the figures of the busiest one. */
  readonly expertRanks: number;
  readonly rows: readonly MoeRow[];
}

/** Throws `UserError` for a dense model and for accelerators that are not whole. */
export function moeReport(question: MoeQuestion): MoeReport {
  const { accelerator, accelerators, batches, contextTokens, zipfExponent } = question;
  const architecture = mixtureOfExperts(question.architecture, "--model");
  if (!Number.isInteger(accelerators)) {
    throw new UserError("--accelerators", `experts do not lie on ${accelerators} ranks`, "a whole number");
  }
  const tensorParallel = question.tensorParallel ?? "1d";
  const popularity: Popularity = zipfExponent === 0 ? { kind: "uniform" } : { kind: "zipf", exponent: zipfExponent };
  const expertRanks = Math.min(accelerators, architecture.experts);
  return {
    model: architecture.name,
    accelerator: accelerator.name,
    accelerators,
    tensorParallel,
    contextTokens,
    popularity,
    expertRanks,
    rows: moeTable({
      architecture,
      accelerator,
      layout: { tensorParallel, tensorRanks: accelerators, pipelineStages: 1 },
      batches,
      contextTokens,
      popularity,
      placement: contiguousPlacement(architecture.experts, expertRanks),
    }),
  };
}
