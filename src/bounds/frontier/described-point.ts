import { bindingConstraint, type Constraint } from "../closed-form.ts";
import type { Layout } from "../layout.ts";
import { speculativeLatency } from "../speculative.ts";
import { stepTimeModel } from "../step-time.ts";
import type { FrontierPoint } from "./published-frontier.ts";
import type { FrontierQuestion } from "./question.ts";

/** A point of a published frontier with the layout that makes it, the draft length, and what binds the pass. */
export interface DescribedPoint extends FrontierPoint {
  readonly layout: Layout;
  readonly draftTokens: number;
  readonly binding: Constraint;
}

/** Finds again how a point is served: the best layout and draft length at its accelerators and batch. */
export function describedPoint(question: FrontierQuestion, point: FrontierPoint): DescribedPoint {
  const { architecture, accelerator, contextTokens } = question;
  const speculation = question.speculation ?? { draft: architecture, acceptance: 0, maxDraftTokens: 0 };
  const { accelerators, batch } = point;
  const best = speculativeLatency(architecture, speculation, accelerator, accelerators, batch, contextTokens);
  const layout = best.layout!;
  const sequences = batch / layout.pipelineStages;
  const tokens = sequences * (best.draftTokens + 1);
  const parts = stepTimeModel(architecture, accelerator, layout).time({
    tokens,
    attentionPairs: tokens * contextTokens,
    kvTokensRead: sequences * contextTokens,
    sequences,
    outputs: sequences,
  });
  return { ...point, layout, draftTokens: best.draftTokens, binding: bindingConstraint(parts) };
}
