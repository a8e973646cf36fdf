import type { Accelerator } from "../bounds/accelerator.ts";
import type { Architecture } from "../bounds/architecture.ts";
import { bestLayout, publishedPipelineStages } from "../bounds/best-layout.ts";
import { closedForm } from "../bounds/closed-form.ts";
import type { Layout, TensorParallel } from "../bounds/layout.ts";
import { memoryBytes } from "../bounds/memory.ts";
import { criticalBatch, rooflineSeconds } from "../bounds/roofline.ts";
import { tokenLatencySeconds } from "../bounds/token-latency.ts";
import { toyOptimum, toySeconds } from "../bounds/toy.ts";
import { UserError } from "../core/errors.ts";
import { finite } from "./estimate.ts";

export interface BoundQuestion {
  readonly architecture: Architecture;
  readonly accelerator: Accelerator;
  readonly accelerators: number;
  readonly batch: number;
  readonly contextTokens: number;
  /** Where either is left open, the best that the paper tries is taken. */
  readonly tensorParallel: TensorParallel | undefined;
  readonly pipelineStages: number | undefined;
}

export interface BoundReport {
  readonly model: string;
  readonly accelerator: string;
  readonly accelerators: number;
  readonly batch: number;
  readonly contextTokens: number;
  readonly layout: Layout;
  /** Parts of a token's time on that layout, in seconds; of compute and memory the larger counts. */
  readonly parts: {
    readonly compute: number;
    readonly memory: number;
    readonly networkLatency: number;
    readonly networkBandwidth: number;
    readonly launch: number;
  };
  readonly secondsPerToken: number;
  readonly binding: string;
  readonly tokensPerSecondPerRequest: number;
  readonly tokensPerSecond: number;
  readonly dollarsPerMillionTokens: number;
  readonly mfu: number;
  /** Weights and KV cache, and what the HBM of all accelerators holds. */
  readonly memoryBytes: number;
  readonly hbmBytes: number;
  /** The same question put to the simpler models; null where one calls it infeasible. */
  readonly otherModels: {
    readonly rooflineOfOneAcceleratorSeconds: number;
    readonly toySeconds: number | null;
    readonly paperSeconds: number | null;
    readonly bestPublishedLayoutSeconds: number | null;
    readonly criticalBatch: number;
    readonly toyOptimalAccelerators: number;
  };
}

/** Answers what the closed form says of a deployment. Throws `UserError` where memory does not suffice. */
export function boundReport(question: BoundQuestion): BoundReport {
  const { architecture, accelerator, accelerators, batch, contextTokens } = question;
  const hbmBytes = accelerators * accelerator.hbmBytes;
  const needed = memoryBytes(architecture, batch, contextTokens);
  if (needed > hbmBytes) {
    const gigabytes = (bytes: number) => `${(bytes / 1e9).toFixed(1)} GB`;
    const what = `weights and KV cache take ${gigabytes(needed)}, the HBM of all holds ${gigabytes(hbmBytes)}`;
    throw new UserError("--accelerators", what, `at least ${Math.ceil(needed / accelerator.hbmBytes)}`);
  }
  const layout = layoutOf(question);
  const { parts, ...figures } = closedForm(architecture, accelerator, layout, batch, contextTokens);
  return {
    model: architecture.name,
    accelerator: accelerator.name,
    accelerators,
    batch,
    contextTokens,
    layout,
    parts: {
      compute: parts.computeSeconds,
      memory: parts.memorySeconds,
      networkLatency: parts.networkLatencySeconds,
      networkBandwidth: parts.networkBandwidthSeconds,
      launch: parts.launchSeconds,
    },
    ...figures,
    memoryBytes: needed,
    hbmBytes,
    otherModels: {
      rooflineOfOneAcceleratorSeconds: rooflineSeconds(architecture, accelerator, batch),
      toySeconds: finite(toySeconds(architecture, accelerator, accelerators, batch, contextTokens)),
      paperSeconds: finite(tokenLatencySeconds(architecture, accelerator, accelerators, batch, contextTokens)),
      bestPublishedLayoutSeconds: finite(
        bestLayout(architecture, accelerator, accelerators, batch, contextTokens).seconds,
      ),
      criticalBatch: criticalBatch(architecture, accelerator),
      toyOptimalAccelerators: toyOptimum(architecture, accelerator, batch).accelerators,
    },
  };
}

/** The layout asked for; what was left open is chosen for the fastest token. */
function layoutOf(question: BoundQuestion): Layout {
  const { architecture, accelerator, accelerators, batch, contextTokens, tensorParallel, pipelineStages } = question;
  const cuts: readonly TensorParallel[] = tensorParallel === undefined ? ["2d", "1d"] : [tensorParallel];
  const depths = pipelineStages === undefined ? publishedPipelineStages : [pipelineStages];
  const layouts = cuts.flatMap((cut) =>
    depths
      .filter((stages) => stages <= Math.min(accelerators, batch) || stages === 1)
      .map((stages): Layout => ({ tensorParallel: cut, tensorRanks: accelerators / stages, pipelineStages: stages })),
  );
  if (layouts.length === 0) {
    const most = Math.floor(Math.min(accelerators, batch));
    throw new UserError("--stages", `${pipelineStages} stages exceed the accelerators or the batch`, `at most ${most}`);
  }
  const seconds = (layout: Layout) =>
    closedForm(architecture, accelerator, layout, batch, contextTokens).secondsPerToken;
  return layouts.reduce((best, layout) => (seconds(layout) < seconds(best) ? layout : best));
}
