import { UserError } from "../core/errors.ts";
import type { Accelerator } from "./accelerator.ts";
import type { Architecture } from "./architecture.ts";
import { bestLayout } from "./best-layout.ts";
import type { Layout } from "./layout.ts";

/** A small model that guesses tokens for a large one to verify in a single pass. */
export interface Speculation {
  readonly draft: Architecture;
  /** Probability that a guessed token is accepted, given that those before it were; in [0, 1). */
  readonly acceptance: number;
  /** Longest run of guesses to consider. */
  readonly maxDraftTokens: number;
}

/** Guesses of one fixed length. */
export interface DraftedDecoding {
  readonly draft: Architecture;
  readonly draftTokens: number;
  readonly acceptance: number;
}

/** The best run of guesses: seconds for each accepted token, and how many tokens to guess (0: none). */
export interface SpeculativeLatency {
  readonly seconds: number;
  readonly draftTokens: number;
  readonly layout: Layout | undefined;
}

/** Tokens that a verifying pass yields on average: `(1 - α^(g+1)) / (1 - α)` with `g` guesses. */
export function expectedTokens(acceptance: number, draftTokens: number): number {
  return (1 - acceptance ** (draftTokens + 1)) / (1 - acceptance);
}

/** A `UserError` where a speculation cannot be computed with. */
export function checkSpeculation(speculation: Speculation, where: string): void {
  const { acceptance, maxDraftTokens } = speculation;
  if (!(acceptance >= 0 && acceptance < 1)) {
    throw new UserError(`${where}.acceptance`, `${acceptance} is not a probability below 1`, "0 or more, below 1");
  }
  if (!Number.isInteger(maxDraftTokens) || maxDraftTokens < 0 || maxDraftTokens > 1_000) {
    throw new UserError(`${where}.maxDraftTokens`, `${maxDraftTokens} cannot be used`, "a whole number from 0 to 1000");
  }
}

/**
 * Seconds per token with speculative decoding (Leviathan et al. 2023; Erdil 2025, equation 46): the least, over draft
 * lengths g, of `(latency(model, g+1 tokens) + g·latency(draft))·(1-α)/(1-α^(g+1))`, and of no draft at all.
 * Both models take the best layout of all accelerators; the draft's memory beside the model's is not counted.
 */
export function speculativeLatency(
  architecture: Architecture,
  speculation: Speculation,
  accelerator: Accelerator,
  accelerators: number,
  batch: number,
  contextTokens: number,
): SpeculativeLatency {
  const plain = bestLayout(architecture, accelerator, accelerators, batch, contextTokens);
  let best: SpeculativeLatency = { ...plain, draftTokens: 0 };
  const draft = bestLayout(speculation.draft, accelerator, accelerators, batch, contextTokens);
  for (let draftTokens = 1; draftTokens <= speculation.maxDraftTokens; draftTokens++) {
    const verify = bestLayout(architecture, accelerator, accelerators, batch, contextTokens, draftTokens + 1);
    const roundSeconds = verify.seconds + draftTokens * draft.seconds;
    const seconds = roundSeconds / expectedTokens(speculation.acceptance, draftTokens);
    if (seconds < best.seconds) best = { seconds, draftTokens, layout: verify.layout };
  }
  return best;
}
