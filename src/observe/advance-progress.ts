import type { Advance } from "../serving/events.ts";

/**
 * What the steps of an advance had come to by an instant within it, exactly and in O(log steps): a sequence gains its token
 * at the end of its step, and the KV cache holds it from that step's start.
 */
export class AdvanceProgress {
  readonly #event: Advance;
  /** KV tokens held during the first step, and how many more during each further one. */
  readonly #firstStepTokens: number;
  readonly #growthTokens: number;

  constructor(event: Advance) {
    const { sinceSeconds, startSeconds, atSeconds, steps, run, kvTokensBefore, kvTokens, kvTokenSeconds } = event;
    this.#event = event;
    this.#growthTokens = steps > 1 ? (kvTokens - kvTokensBefore) / steps : 0;
    const beforeSteps = kvTokensBefore * (startSeconds - sinceSeconds);
    const growth = this.#growthTokens * run.indexSeconds(steps);
    this.#firstStepTokens = (kvTokenSeconds - beforeSteps - growth) / (atSeconds - startSeconds);
  }

  /** Tokens that decoding sequences had emitted. */
  decodedTokensBy(instant: number): number {
    const { decodedTokens, steps } = this.#event;
    return steps === 0 ? 0 : (decodedTokens * this.#stepsBy(instant)) / steps;
  }

  /** ∫ KV tokens held · dt from the beginning of the advance. */
  kvTokenSecondsBy(instant: number): number {
    const { sinceSeconds, startSeconds, atSeconds, kvTokensBefore, kvTokenSeconds, run } = this.#event;
    if (instant >= atSeconds) return kvTokenSeconds;
    if (instant <= startSeconds) return kvTokensBefore * (instant - sinceSeconds);
    const elapsed = instant - startSeconds;
    const ended = this.#stepsBy(instant);
    const growth = this.#growthTokens * (run.indexSeconds(ended) + ended * (elapsed - run.seconds(ended)));
    return kvTokensBefore * (startSeconds - sinceSeconds) + this.#firstStepTokens * elapsed + growth;
  }

  /** Steps that had ended: the most that together last no longer than what had passed. */
  #stepsBy(instant: number): number {
    const { startSeconds, atSeconds, steps, run } = this.#event;
    if (instant >= atSeconds) return steps;
    const elapsed = instant - startSeconds;
    let low = 0;
    let high = Math.max(0, steps - 1);
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (run.seconds(middle) <= elapsed) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}
