import { UserError } from "../core/errors.ts";
import { type Accelerator, flopPerSecond } from "./accelerator.ts";
import type { Architecture } from "./architecture.ts";
import { bindingConstraint, type Constraint } from "./closed-form.ts";
import { acceleratorsOf, type Layout } from "./layout.ts";
import { kvCapacityTokens } from "./memory.ts";
import { type BatchShape, type StepTime, stepTimeModel } from "./step-time.ts";

/** Means over requests of their input and output lengths, in tokens; enough to know the mean work of a step. */
export interface LengthMoments {
  readonly meanInput: number;
  readonly meanOutput: number;
  readonly meanInputSquared: number;
  readonly meanOutputSquared: number;
  readonly meanInputOutput: number;
}

/** Requests that ask a deployment for tokens. */
export interface Load {
  readonly requestsPerSecond: number;
  readonly lengths: LengthMoments;
  /** Most sequences that the policy runs at once; as many as the KV cache holds unless said. */
  readonly maxSequences?: number | undefined;
  /** Tokens that the KV cache holds; what HBM leaves beside the weights unless said. */
  readonly kvCapacityTokens?: number | undefined;
}

/** The moments of lengths that are all the same. */
export function constantLengths(input: number, output: number): LengthMoments {
  return {
    meanInput: input,
    meanOutput: output,
    meanInputSquared: input ** 2,
    meanOutputSquared: output ** 2,
    meanInputOutput: input * output,
  };
}

/** Mean context of a token that is made, by tokens: `(E[in·out] + E[out·(out+1)]/2) / E[out]`. */
export function meanContextTokens(lengths: LengthMoments): number {
  const { meanOutput, meanOutputSquared, meanInputOutput } = lengths;
  return (meanInputOutput + (meanOutputSquared + meanOutput) / 2) / meanOutput;
}

/** A steady state of the deployment at some batch: the rate that keeps it so, and what it is like. */
export interface SteadyState {
  /** Sequences running, of all microbatches together. */
  readonly batch: number;
  readonly requestsPerSecond: number;
  readonly secondsPerToken: number;
  readonly outputTokensPerSecond: number;
  readonly dollarsPerMillionOutputTokens: number;
  /** Share of the peak FLOP/s in use, prompts and outputs together. */
  readonly mfu: number;
  readonly parts: StepTime;
  readonly binding: Constraint;
}

/** Where a deployment settles under a load, and how far that is from the most it can serve. */
export interface OperatingPoint {
  readonly contextTokens: number;
  /** Most sequences that run at once, by the policy's cap and by the KV cache at the mean context. */
  readonly largestBatch: number;
  /** Undefined under overload: no batch makes as many tokens as are asked for. */
  readonly steady: SteadyState | undefined;
  /** The steady state at the largest batch: the most requests each second that can be served for long. */
  readonly capacity: SteadyState;
  /** Offered load as a share of capacity; above 1 is overload. */
  readonly utilisation: number;
}

/**
 * The steady state in which `batch` sequences run: each ends after E[out] steps, so in each step one prompt in E[out]
 * is read beside a token for each sequence, and the rate follows from the time of that step.
 */
function steadyState(
  architecture: Architecture,
  accelerator: Accelerator,
  layout: Layout,
  lengths: LengthMoments,
  step: (shape: BatchShape) => StepTime,
  flop: (tokens: number, attentionPairs: number) => number,
  batch: number,
): SteadyState {
  const sequences = batch / layout.pipelineStages;
  const prompts = sequences / lengths.meanOutput;
  const cached = sequences * meanContextTokens(lengths);
  const shape = {
    tokens: sequences + prompts * lengths.meanInput,
    attentionPairs: cached + (prompts * (lengths.meanInputSquared - lengths.meanInput)) / 2,
    kvTokensRead: cached,
    sequences: sequences + prompts,
    outputs: sequences,
  };
  const parts = step(shape);
  const seconds = parts.tripSeconds;
  const accelerators = acceleratorsOf(layout);
  const outputTokensPerSecond = batch / seconds;
  const flopPerTrip = layout.pipelineStages * flop(shape.tokens, shape.attentionPairs);
  return {
    batch,
    requestsPerSecond: outputTokensPerSecond / lengths.meanOutput,
    secondsPerToken: seconds,
    outputTokensPerSecond,
    dollarsPerMillionOutputTokens: (1e6 * accelerators * accelerator.dollarsPerHour) / 3600 / outputTokensPerSecond,
    mfu: flopPerTrip / (accelerators * flopPerSecond(accelerator, architecture.weightBytes) * seconds),
    parts,
    binding: bindingConstraint(parts),
  };
}

/**
 * Solves `B = λ·E[out]·t(B, c̄)` for the batch B at which as many tokens are made each second as are asked for, with the
 * reading of prompts counted in the step's time t and c̄ the mean context of a token. The rate that a batch serves grows
 * with the batch, so its largest batch bounds what a deployment can serve; a `UserError` where the model does not fit.
 */
export function operatingPoint(
  architecture: Architecture,
  accelerator: Accelerator,
  layout: Layout,
  load: Load,
): OperatingPoint {
  const { lengths, requestsPerSecond } = load;
  if (!(requestsPerSecond > 0 && Number.isFinite(requestsPerSecond))) {
    throw new UserError("load", `${requestsPerSecond} requests/s cannot be used`, "a rate above 0");
  }
  if (!(lengths.meanOutput >= 1 && lengths.meanInput >= 0)) {
    throw new UserError("load", "lengths cannot be used", "outputs of at least one token, inputs of none or more");
  }
  const contextTokens = meanContextTokens(lengths);
  const kvTokens = load.kvCapacityTokens ?? kvCapacityTokens(architecture, accelerator, acceleratorsOf(layout));
  const largestBatch = Math.min(load.maxSequences ?? Number.POSITIVE_INFINITY, kvTokens / contextTokens);
  if (!(largestBatch > 0)) {
    const where = `${acceleratorsOf(layout)} × ${accelerator.name}`;
    throw new UserError("deployment", `${architecture.name} does not fit on ${where}`, "more accelerators");
  }
  const { time, flop } = stepTimeModel(architecture, accelerator, layout);
  const at = (batch: number) => steadyState(architecture, accelerator, layout, lengths, time, flop, batch);

  const capacity = at(largestBatch);
  const utilisation = requestsPerSecond / capacity.requestsPerSecond;
  if (utilisation > 1) return { contextTokens, largestBatch, steady: undefined, capacity, utilisation };
  let low = 0;
  let high = largestBatch;
  // Halving ends where the middle is no longer strictly between: at the last bit.
  for (let middle = high / 2; middle > low && middle < high; middle = (low + high) / 2) {
    if (at(middle).requestsPerSecond < requestsPerSecond) low = middle;
    else high = middle;
  }
  return { contextTokens, largestBatch, steady: at(high), capacity, utilisation };
}
