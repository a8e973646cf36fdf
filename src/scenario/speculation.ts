import { z } from "zod";
import type { Accelerator } from "../bounds/accelerator.ts";
import type { Layout } from "../bounds/layout.ts";
import type { DraftedDecoding } from "../bounds/speculative.ts";
import { stepTimeModel } from "../bounds/step-time.ts";
import { UserError } from "../core/errors.ts";
import type { RandomStreams } from "../core/random.ts";
import { type Drafting, drafting } from "../serving/drafting.ts";
import { architectureOf, modelSchema } from "./hardware-schema.ts";

/** A small model that guesses tokens for the large one to verify. */
export const speculationSchema = z.strictObject({
  draft: modelSchema.describe("the model that guesses, on the same accelerators"),
  draftTokens: z.int().positive().max(1_000).default(4).describe("tokens guessed for each sequence before each step"),
  acceptance: z.number().min(0).lt(1).describe("probability that a guess is right, given that those before it were"),
});

export type SpeculationOptions = z.output<typeof speculationSchema>;

/** How a deployment guesses tokens, with what its closed form needs. */
export interface Speculating extends DraftedDecoding {
  readonly drafting: Drafting;
}

/** Throws `UserError` where drafts cannot be combined with the rest of a scenario. */
export function speculatingOf(
  options: SpeculationOptions | undefined,
  accelerator: Accelerator,
  layout: Layout,
  streams: RandomStreams,
): Speculating | undefined {
  if (options === undefined) return undefined;
  if (layout.pipelineStages > 1) {
    const what = `drafts are made where the model stands, and it is spread over ${layout.pipelineStages} stages`;
    throw new UserError("speculation", what, "deployment.layout.pipelineStages: 1");
  }
  const draft = architectureOf(options.draft);
  const { draftTokens, acceptance } = options;
  const random = streams("drafts");
  const step = stepTimeModel(draft, accelerator, layout);
  return { draft, draftTokens, acceptance, drafting: drafting(step, draftTokens, acceptance, random) };
}
