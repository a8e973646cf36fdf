import type { StepTime } from "./step-time.ts";

/** Durations that lie on a straight line: `firstSeconds`, `firstSeconds + growthSeconds`, … */
export type VisitStretch = (firstSeconds: number, growthSeconds: number, steps: number) => void;

/** Steps that follow one another without a change of batch; asked about the first `steps` of them. */
export interface StepRun {
  /** Where the run is of one step, the parts of its time. */
  readonly step?: StepTime;
  /** From the start of the first to the end of the last. */
  seconds(steps: number): number;
  /** Arithmetic and memory reads, each on its own. */
  computeSeconds(steps: number): number;
  memorySeconds(steps: number): number;
  /** What the first pipeline stage, or the only one, took. */
  firstStageSeconds(steps: number): number;
  /** Waiting for a busy stage; for the first, counted from 0, between the end of one step and the start of the next. */
  stageWaitSeconds(stage: number, steps: number): number;
  /** Σ over the steps j = 0, 1, … of j times the step's duration: weighs what grows by one with each step. */
  indexSeconds(steps: number): number;
  /** Tells the durations of the steps, each from the end of the one before it, as straight lines. */
  eachStretch(steps: number, visit: VisitStretch): void;
}

/** A run of one step, or of none. */
export class SingleStep implements StepRun {
  readonly step: StepTime;
  readonly #seconds: number;
  readonly #firstStageSeconds: number;
  readonly #stageWaits: readonly number[];

  /** `seconds`: from its start to its end, waits for busy pipeline stages included. */
  constructor(time: StepTime, seconds: number, firstStageSeconds = seconds, stageWaits: readonly number[] = []) {
    this.step = time;
    this.#seconds = seconds;
    this.#firstStageSeconds = firstStageSeconds;
    this.#stageWaits = stageWaits;
  }

  seconds(steps: number): number {
    return steps * this.#seconds;
  }

  computeSeconds(steps: number): number {
    return steps * this.step.computeSeconds;
  }

  memorySeconds(steps: number): number {
    return steps * this.step.memorySeconds;
  }

  firstStageSeconds(steps: number): number {
    return steps * this.#firstStageSeconds;
  }

  stageWaitSeconds(stage: number, steps: number): number {
    return steps * (this.#stageWaits[stage] ?? 0);
  }

  indexSeconds(): number {
    return 0;
  }

  eachStretch(steps: number, visit: VisitStretch): void {
    if (steps > 0) visit(this.#seconds, 0, steps);
  }
}
