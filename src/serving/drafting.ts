import type { StepTimeModel } from "../bounds/step-time.ts";
import type { Random } from "../core/random.ts";

/**
 * Speculative decoding (Leviathan et al., ICML 2023; Erdil 2025, section 3.6): before each step a small model guesses
 * `draftTokens` tokens of every decoding sequence, one after another; the step verifies them all and emits those up to the
 * first that is wrong, and one of its own.
 */
export interface Drafting {
  readonly draftTokens: number;
  /** Draws how many of a sequence's guesses are right, from 0 to `draftTokens`. */
  accepted(): number;
  /** Seconds that guessing takes for so many sequences with so many cached tokens together. */
  seconds(sequences: number, contextTokens: number): number;
}

/**
 * Guesses of a draft model on the same accelerators, each right with probability `acceptance` given that those before it
 * were. Its own prompts and its own KV cache cost nothing, as published, and it reads every sequence's context as it
 * stood before the first guess.
 */
export function drafting(draft: StepTimeModel, draftTokens: number, acceptance: number, random: Random): Drafting {
  const logAcceptance = Math.log(acceptance);
  return {
    draftTokens,
    // P(accepted ≥ n) = α^n for n up to the length of the draft.
    accepted: () => Math.min(draftTokens, Math.floor(Math.log(1 - random()) / logAcceptance)),
    seconds: (sequences, contextTokens) => {
      const shape = { tokens: sequences, attentionPairs: contextTokens, kvTokensRead: contextTokens };
      return draftTokens * draft.time({ ...shape, sequences, outputs: sequences }).tripSeconds;
    },
  };
}
