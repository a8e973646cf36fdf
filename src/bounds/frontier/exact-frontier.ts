import { UserError } from "../../core/errors.ts";
import { kvBytesPerToken, sparsity, weightsBytes } from "../architecture.ts";
import { checkQuestion } from "../check.ts";
import { bindingConstraint, type Constraint, type OperatingFigures, operatingFigures } from "../closed-form.ts";
import { acceleratorsOf, type Layout } from "../layout.ts";
import { expectedTokens } from "../speculative.ts";
import { type UniformPass, uniformPass, uniformPassParts, uniformPassSeconds } from "../uniform-pass.ts";
import { frontierExtent } from "./grid.ts";
import { type MonotoneChoice, paretoSweep } from "./pareto-sweep.ts";
import type { FrontierQuestion } from "./question.ts";
import { realLayouts } from "./real-layouts.ts";

/** What the exact frontier is to keep to. */
export interface ExactQuestion extends FrontierQuestion {
  /** Accelerators of all replicas together. */
  readonly maxAccelerators?: number | undefined;
  /** Slowest that a request may be served; 1 token a second unless said. */
  readonly minTokensPerSecondPerRequest?: number | undefined;
  readonly maxDollarsPerMillionTokens?: number | undefined;
  /** Demand that whole replicas are to meet together; without it one replica, always full, is priced. */
  readonly demandTokensPerSecond?: number | undefined;
}

/** A deployment that exists: whole accelerators and sequences, equal microbatches, none both faster and cheaper. */
export interface ExactPoint extends OperatingFigures {
  /** Accelerators of one replica. */
  readonly accelerators: number;
  /** Sequences of one full replica. */
  readonly batch: number;
  readonly replicas: number;
  readonly layout: Layout;
  /** Tokens guessed for each verifying pass. */
  readonly draftTokens: number;
  readonly binding: Constraint;
}

/** One layout, and one length of draft, at any number of sequences in each of its microbatches. */
interface Choice extends MonotoneChoice {
  readonly layout: Layout;
  readonly draftTokens: number;
  readonly pass: UniformPass;
}

/** Largest size from 0 to `largest` for which a condition that once broken stays broken holds. */
function lastWhere(largest: number, holds: (size: number) => boolean): number {
  let good = 0;
  let bad = largest + 1;
  while (bad - good > 1) {
    const middle = Math.trunc((good + bad) / 2);
    if (holds(middle)) good = middle;
    else bad = middle;
  }
  return good;
}

/** Seconds of one pass of the draft model on so many accelerators with its fastest real layout, by the batch of all microbatches. */
function draftSeconds(question: ExactQuestion, accelerators: number): (batch: number) => number {
  const { draft } = question.speculation!;
  const passes = realLayouts(draft, question.accelerator, accelerators)
    .filter((layout) => acceleratorsOf(layout) === accelerators)
    .map((layout) => ({
      stages: layout.pipelineStages,
      pass: uniformPass(draft, question.accelerator, layout, question.contextTokens),
    }));
  return (batch) => {
    let least = Number.POSITIVE_INFINITY;
    for (const { stages, pass } of passes) {
      if (stages > batch) continue;
      const sequences = batch / stages;
      least = Math.min(least, uniformPassSeconds(draft, pass, sequences, sequences));
    }
    return least;
  };
}

/** Bytes of HBM that the weights, and each sequence, take: of the model, and of the draft where there is one. */
function memoryNeeds(question: ExactQuestion, draftTokens: number) {
  const { architecture, contextTokens, speculation } = question;
  const models = draftTokens > 0 ? [architecture, speculation!.draft] : [architecture];
  return {
    weights: models.reduce((sum, model) => sum + weightsBytes(model), 0),
    sequence: models.reduce((sum, model) => sum + kvBytesPerToken(model) * contextTokens, 0),
  };
}

function choiceOf(question: ExactQuestion, layout: Layout, draftTokens: number): Choice | undefined {
  const { architecture, accelerator, contextTokens, speculation } = question;
  const accelerators = acceleratorsOf(layout);
  const stages = layout.pipelineStages;
  const need = memoryNeeds(question, draftTokens);
  const freeBytes = accelerators * accelerator.hbmBytes - need.weights;
  if (freeBytes < 0) return undefined;

  const tokensPerSequence = draftTokens + 1;
  const pass = uniformPass(architecture, accelerator, layout, contextTokens);
  const draft = draftTokens > 0 ? draftSeconds(question, accelerators) : undefined;
  const yielded = draftTokens > 0 ? expectedTokens(speculation!.acceptance, draftTokens) : 1;
  const seconds = (size: number) => {
    const verify = uniformPassSeconds(architecture, pass, size, size * tokensPerSequence);
    return draft === undefined ? verify : (verify + draftTokens * draft(size * stages)) / yielded;
  };

  const demand = question.demandTokensPerSecond;
  const cost = (size: number) => {
    const acceleratorSeconds = (accelerators * seconds(size)) / (size * stages);
    // Replicas that meet the demand are paid for whole, however busy.
    return demand === undefined
      ? acceleratorSeconds
      : (Math.ceil((demand * acceleratorSeconds) / accelerators) * accelerators) / demand;
  };

  const maxBatch = 2 ** frontierExtent.log2Batch * sparsity(architecture);
  const fitting = need.sequence === 0 ? maxBatch : Math.min(maxBatch, Math.floor(freeBytes / need.sequence));
  const maxSeconds = 1 / (question.minTokensPerSecondPerRequest ?? 1);
  const demandCap = question.demandCapTokensPerSecond ?? Number.POSITIVE_INFINITY;
  const largest = lastWhere(
    Math.floor(fitting / stages),
    (size) => seconds(size) <= maxSeconds && (size * stages) / seconds(size) <= demandCap,
  );
  return largest < 1 ? undefined : { layout, draftTokens, pass, largest, seconds, cost };
}

function pointOf(question: ExactQuestion, choice: Choice, size: number): ExactPoint {
  const { architecture, accelerator, contextTokens } = question;
  const accelerators = acceleratorsOf(choice.layout);
  const batch = size * choice.layout.pipelineStages;
  const seconds = choice.seconds(size);
  const demand = question.demandTokensPerSecond;
  const parts = uniformPassParts(architecture, choice.pass, size, size * (choice.draftTokens + 1));
  const full = operatingFigures(architecture, accelerator, accelerators, batch, contextTokens, seconds);
  const dollarsPerMillionTokens = (1e6 * choice.cost(size) * accelerator.dollarsPerHour) / 3600;
  return {
    ...full,
    accelerators,
    batch,
    replicas: demand === undefined ? 1 : Math.ceil(demand / full.tokensPerSecond),
    // With a demand to meet, replicas stand idle a part of their time.
    dollarsPerMillionTokens,
    tokensPerSecond: demand ?? full.tokensPerSecond,
    mfu: (full.mfu * full.dollarsPerMillionTokens) / dollarsPerMillionTokens,
    layout: choice.layout,
    draftTokens: choice.draftTokens,
    binding: bindingConstraint(parts),
  };
}

/**
 * The true Pareto set of speed and price among deployments that exist, fastest first: whole accelerators and sequences,
 * equal microbatches, real layouts, and a draft's weights and cache in memory beside the model's.
 * A `UserError` where a limit cannot be computed with.
 */
export function exactFrontier(question: ExactQuestion): ExactPoint[] {
  checkQuestion(question);
  const limits = ["maxAccelerators", "minTokensPerSecondPerRequest", "maxDollarsPerMillionTokens"] as const;
  for (const name of [...limits, "demandTokensPerSecond"] as const) {
    const value = question[name];
    if (value !== undefined && !(value > 0)) throw new UserError(name, `${value} cannot be used`, "a number above 0");
  }
  const maxAccelerators = question.maxAccelerators ?? 2 ** frontierExtent.log2Accelerators;
  const { speculation, accelerator, demandTokensPerSecond } = question;
  const maxDraftTokens = speculation === undefined || speculation.acceptance === 0 ? 0 : speculation.maxDraftTokens;
  const choices: Choice[] = [];
  for (const layout of realLayouts(question.architecture, accelerator, maxAccelerators)) {
    for (let draftTokens = 0; draftTokens <= maxDraftTokens; draftTokens++) {
      const choice = choiceOf(question, layout, draftTokens);
      if (choice !== undefined) choices.push(choice);
    }
  }
  const dollarsPerSecond = accelerator.dollarsPerHour / 3600;
  const maxDollars = question.maxDollarsPerMillionTokens ?? Number.POSITIVE_INFINITY;
  const maxReplicated =
    demandTokensPerSecond === undefined ? Number.POSITIVE_INFINITY : maxAccelerators / demandTokensPerSecond;
  const maxCost = Math.min(maxDollars / (1e6 * dollarsPerSecond), maxReplicated);
  return paretoSweep(choices, maxCost).map(({ choice, size }) => pointOf(question, choices[choice]!, size));
}
