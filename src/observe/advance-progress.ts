import { sumOfIndexedLine, sumOfLine } from "../bounds/line-sums.ts";
import type { Advance } from "../serving/events.ts";

/** Steps whose durations lie on one straight line. */
interface Stretch {
  readonly fromStep: number;
  readonly fromSeconds: number;
  /** Σ over the steps before it, counted from 0, of their number times their duration. */
  readonly fromIndexSeconds: number;
  readonly firstSeconds: number;
  readonly growthSeconds: number;
  readonly steps: number;
}

/**
 * What the steps of an advance had come to by an instant within it: a sequence gains its token at the end of its step, and
 * the KV cache holds it from that step's start. Exact with one pipeline stage; with several, what a step waits for the first
 * stage is counted as if the cache held the step's tokens meanwhile, and the whole is scaled to what it came to.
 */
export class AdvanceProgress {
  readonly #event: Advance;
  readonly #stretches: Stretch[] = [];
  /** KV tokens held during the first step, and how many more during each further one. */
  readonly #firstStepTokens: number;
  readonly #growthTokens: number;

  constructor(event: Advance) {
    const { kvSinceSeconds, startSeconds, atSeconds, steps, run, kvTokensBefore, kvTokens, kvTokenSeconds } = event;
    this.#event = event;
    let fromStep = 0;
    let fromSeconds = 0;
    let fromIndexSeconds = 0;
    run.eachStretch(steps, (firstSeconds, growthSeconds, count) => {
      this.#stretches.push({ fromStep, fromSeconds, fromIndexSeconds, firstSeconds, growthSeconds, steps: count });
      const stretch = this.#stretches.at(-1)!;
      fromSeconds += secondsOf(stretch, count);
      fromIndexSeconds += indexSecondsOf(stretch, count);
      fromStep += count;
    });
    this.#growthTokens = steps > 1 ? (kvTokens - kvTokensBefore) / steps : 0;
    const beforeSteps = kvTokensBefore * (startSeconds - kvSinceSeconds);
    const growth = this.#growthTokens * fromIndexSeconds;
    this.#firstStepTokens = (kvTokenSeconds - beforeSteps - growth) / (atSeconds - startSeconds);
  }

  /** Tokens that decoding sequences had emitted. */
  decodedTokensBy(instant: number): number {
    const { decodedTokens, steps, atSeconds } = this.#event;
    if (instant >= atSeconds) return decodedTokens;
    return steps === 0 ? 0 : (decodedTokens * this.#endedBy(instant).steps) / steps;
  }

  /** ∫ KV tokens held · dt from the beginning of the advance. */
  kvTokenSecondsBy(instant: number): number {
    const { kvSinceSeconds, startSeconds, atSeconds, kvTokensBefore, kvTokenSeconds } = this.#event;
    if (instant >= atSeconds) return kvTokenSeconds;
    if (instant <= startSeconds) return kvTokensBefore * (instant - kvSinceSeconds);
    const elapsed = instant - startSeconds;
    const ended = this.#endedBy(instant);
    const growth = this.#growthTokens * (ended.indexSeconds + ended.steps * (elapsed - ended.seconds));
    return kvTokensBefore * (startSeconds - kvSinceSeconds) + this.#firstStepTokens * elapsed + growth;
  }

  /** The steps that had ended: the most that together last no longer than what had passed. */
  #endedBy(instant: number): { readonly steps: number; readonly seconds: number; readonly indexSeconds: number } {
    const { startSeconds, steps } = this.#event;
    const elapsed = instant - startSeconds;
    const stretch = this.#stretches.findLast(({ fromSeconds }) => fromSeconds <= elapsed);
    if (stretch === undefined) return { steps: 0, seconds: 0, indexSeconds: 0 };
    let low = 0;
    // The last step ends with the advance, whatever its sum is rounded to.
    let high = Math.min(stretch.steps, steps - stretch.fromStep - 1);
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (stretch.fromSeconds + secondsOf(stretch, middle) <= elapsed) low = middle;
      else high = middle - 1;
    }
    return {
      steps: stretch.fromStep + low,
      seconds: stretch.fromSeconds + secondsOf(stretch, low),
      indexSeconds: stretch.fromIndexSeconds + indexSecondsOf(stretch, low),
    };
  }
}

function secondsOf({ firstSeconds, growthSeconds }: Stretch, steps: number): number {
  return sumOfLine(firstSeconds, growthSeconds, 0, steps);
}

/** Σ of a step's number times its duration over the first steps of a stretch. */
function indexSecondsOf(stretch: Stretch, steps: number): number {
  const { fromStep, firstSeconds, growthSeconds } = stretch;
  return fromStep * secondsOf(stretch, steps) + sumOfIndexedLine(firstSeconds, growthSeconds, 0, steps);
}
