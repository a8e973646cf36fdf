import { type Accelerator, flopPerSecond } from "./accelerator.ts";
import type { Architecture } from "./architecture.ts";
import { acceleratorsOf, type Layout } from "./layout.ts";
import { fits } from "./memory.ts";
import { type DraftedDecoding, expectedTokens } from "./speculative.ts";
import { type PassParts, type StepTime, stepTimeModel } from "./step-time.ts";
import { flop } from "./traffic.ts";

/** What a token's time is mostly spent on. */
export const constraints = ["compute", "memory", "network latency", "network bandwidth", "launch"] as const;
export type Constraint = (typeof constraints)[number];

/** A layout serving an unchanging decode batch. */
export interface OperatingFigures {
  /** Seconds between a sequence's tokens; Infinity where memory does not suffice. */
  readonly secondsPerToken: number;
  readonly tokensPerSecondPerRequest: number;
  /** Tokens of all sequences each second. */
  readonly tokensPerSecond: number;
  readonly dollarsPerMillionTokens: number;
  /** Share of the peak FLOP/s in use. */
  readonly mfu: number;
}

/** The bound of a layout at one batch and context, with its parts and the largest of them. */
export interface ClosedForm extends OperatingFigures {
  readonly parts: StepTime;
  readonly binding: Constraint;
}

/** Speed, price and utilisation that follow from the seconds of one decode step of the whole batch (Erdil 2025, section 4). */
export function operatingFigures(
  architecture: Architecture,
  accelerator: Accelerator,
  accelerators: number,
  batch: number,
  contextTokens: number,
  secondsPerToken: number,
): OperatingFigures {
  const peakFlopPerSecond = accelerators * flopPerSecond(accelerator, architecture.weightBytes);
  return {
    secondsPerToken,
    tokensPerSecondPerRequest: 1 / secondsPerToken,
    tokensPerSecond: batch / secondsPerToken,
    dollarsPerMillionTokens: (1e6 * ((accelerators * secondsPerToken) / batch) * accelerator.dollarsPerHour) / 3600,
    mfu: flop(architecture, batch, batch * contextTokens) / (peakFlopPerSecond * secondsPerToken),
  };
}

/** The largest part of a step's time; of compute and memory only the larger counts, since they overlap. */
export function bindingConstraint(parts: PassParts): Constraint {
  const { computeSeconds, memorySeconds } = parts;
  const candidates: readonly (readonly [Constraint, number])[] = [
    computeSeconds >= memorySeconds ? ["compute", computeSeconds] : ["memory", memorySeconds],
    ["network latency", parts.networkLatencySeconds],
    ["network bandwidth", parts.networkBandwidthSeconds],
    ["launch", parts.launchSeconds],
  ];
  return candidates.reduce((largest, candidate) => (candidate[1] > largest[1] ? candidate : largest))[0];
}

/**
 * The bound of `batch` sequences on a given layout whose tokens a small model on the same accelerators guesses, so many at a
 * time (Erdil 2025, equation 46): a step verifies the guesses and yields `expectedTokens` of them. Each new token attends to
 * the cached ones and to the guesses before it.
 */
export function draftedClosedForm(
  architecture: Architecture,
  accelerator: Accelerator,
  layout: Layout,
  { draft, draftTokens, acceptance }: DraftedDecoding,
  batch: number,
  contextTokens: number,
): ClosedForm {
  const tokens = batch * (draftTokens + 1);
  const parts = stepTimeModel(architecture, accelerator, layout).time({
    tokens,
    attentionPairs: tokens * (contextTokens + draftTokens / 2),
    kvTokensRead: batch * contextTokens,
    sequences: batch,
    outputs: batch,
  });
  const guess = closedForm(draft, accelerator, layout, batch, contextTokens);
  const feasible = fits(architecture, accelerator, acceleratorsOf(layout), batch, contextTokens);
  const stepSeconds = feasible ? parts.tripSeconds + draftTokens * guess.secondsPerToken : Number.POSITIVE_INFINITY;
  const seconds = stepSeconds / expectedTokens(acceptance, draftTokens);
  const figures = operatingFigures(architecture, accelerator, acceleratorsOf(layout), batch, contextTokens, seconds);
  return { ...figures, parts, binding: bindingConstraint(parts) };
}

/**
 * The bound of `batch` decoding sequences (of all microbatches together, fractions allowed), each with `contextTokens`
 * cached tokens, on a given layout (Erdil 2025, sections 3.5 and 4).
 */
export function closedForm(
  architecture: Architecture,
  accelerator: Accelerator,
  layout: Layout,
  batch: number,
  contextTokens: number,
): ClosedForm {
  const accelerators = acceleratorsOf(layout);
  const microbatch = batch / layout.pipelineStages;
  const parts = stepTimeModel(architecture, accelerator, layout).time({
    tokens: microbatch,
    attentionPairs: microbatch * contextTokens,
    kvTokensRead: microbatch * contextTokens,
    sequences: microbatch,
    outputs: microbatch,
  });
  const feasible = fits(architecture, accelerator, accelerators, batch, contextTokens);
  const seconds = feasible ? parts.tripSeconds : Number.POSITIVE_INFINITY;
  return {
    ...operatingFigures(architecture, accelerator, accelerators, batch, contextTokens, seconds),
    parts,
    binding: bindingConstraint(parts),
  };
}
