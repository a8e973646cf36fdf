import { Delay } from "./bubbles.ts";

/** One microbatch's way through all stages; the same object serves its next trip. */
export class Trip {
  /** What each stage takes over the mean stage. */
  readonly weights: readonly number[];
  /** When each stage began with it. */
  readonly startSeconds: number[];
  /** How long the mean stage takes. */
  stageSeconds = Number.NaN;
  hopSeconds = Number.NaN;
  /** When it leaves the last stage. */
  exitSeconds = Number.NaN;
  /** How long the first stage stood idle before it. */
  readonly delay = new Delay();
  /** What the first stage had computed before it. */
  computedBeforeSeconds = 0;

  constructor(weights: readonly number[]) {
    this.weights = weights;
    this.startSeconds = weights.map(() => Number.NaN);
  }

  /** How long it waited for a stage other than the first. */
  waitSeconds(stage: number): number {
    const sentSeconds = this.startSeconds[stage - 1]! + this.weights[stage - 1]! * this.stageSeconds;
    return this.startSeconds[stage]! - (sentSeconds + this.hopSeconds);
  }

  /** How long it waited for each stage; nothing for the first, which it starts in. */
  get waits(): readonly number[] {
    return this.weights.map((_, stage) => (stage === 0 ? 0 : this.waitSeconds(stage)));
  }
}
