import type { StepTime } from "./step-time.ts";

/** Durations that lie on a straight line: `firstSeconds`, `firstSeconds + growthSeconds`, … */
export type VisitStretch = (firstSeconds: number, growthSeconds: number, steps: number) => void;

/** Steps that follow one another without a change of batch; asked about the first `steps` of them. */
export interface StepRun {
  /** Where the run is of one step, the parts of its time. */
  readonly step?: StepTime;
  seconds(steps: number): number;
  /** Arithmetic and memory reads, each on its own. */
  computeSeconds(steps: number): number;
  memorySeconds(steps: number): number;
  /** Σ over the steps j = 0, 1, … of j times the step's duration: weighs what grows by one with each step. */
  indexSeconds(steps: number): number;
  /** Tells the durations of the steps as one or two straight lines. */
  eachStretch(steps: number, visit: VisitStretch): void;
}

/** A run of one step, or of none. */
export class SingleStep implements StepRun {
  readonly step: StepTime;
  readonly #seconds: number;

  /** `seconds`: from its start to its end, waits for busy pipeline stages included. */
  constructor(time: StepTime, seconds: number) {
    this.step = time;
    this.#seconds = seconds;
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

  indexSeconds(): number {
    return 0;
  }

  eachStretch(steps: number, visit: VisitStretch): void {
    if (steps > 0) visit(this.#seconds, 0, steps);
  }
}
