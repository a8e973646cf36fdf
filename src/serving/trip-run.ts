import { SteadyRun } from "../bounds/steady-run.ts";
import type { StepRun, VisitStretch } from "../bounds/step-run.ts";
import type { StepTimeModel } from "../bounds/step-time.ts";
import { Stretches } from "./stretches.ts";
import type { Trip } from "./trip.ts";

/**
 * Steps of one unchanging batch that goes round a pipeline: what computing takes of each is known in advance, what it waits
 * behind other microbatches only once it has landed. Asked about the steps that have. One object serves one run after another.
 */
export class TripRun implements StepRun {
  readonly #pass = new SteadyRun();
  readonly #weights: readonly number[];
  readonly #stageWaits: number[];
  readonly #durations = new Stretches();
  #steps = 0;
  #startSeconds = Number.NaN;
  #endSeconds = Number.NaN;
  #indexSeconds = 0;

  /** `weights`: what each stage takes over the mean stage. */
  constructor(weights: readonly number[]) {
    this.#weights = weights;
    this.#stageWaits = weights.map(() => 0);
  }

  /** Begins a run, as that of a single stage; no step has landed. */
  begin(stepTime: StepTimeModel, tokens: number, attentionPairs: number, kvTokensRead: number, growth: number): this {
    this.#pass.begin(stepTime, tokens, attentionPairs, kvTokensRead, growth);
    this.#stageWaits.fill(0);
    this.#durations.clear();
    this.#steps = 0;
    this.#indexSeconds = 0;
    return this;
  }

  /** What the mean stage takes over the step to come. */
  get nextStageSeconds(): number {
    return this.#pass.stepSeconds(this.#steps) / this.#weights.length;
  }

  get hopSeconds(): number {
    return this.#pass.hopSeconds;
  }

  /** The step to come has been through all stages. */
  land(trip: Trip): void {
    const waits = this.#stageWaits;
    const start = trip.startSeconds[0]!;
    if (this.#steps === 0) this.#startSeconds = this.#endSeconds = start;
    else waits[0] = waits[0]! + start - this.#endSeconds;
    for (let stage = 1; stage < waits.length; stage++) waits[stage] = waits[stage]! + trip.waitSeconds(stage);
    const durationSeconds = trip.exitSeconds - this.#endSeconds;
    this.#durations.add(durationSeconds, trip.exitSeconds);
    this.#indexSeconds += this.#steps * durationSeconds;
    this.#endSeconds = trip.exitSeconds;
    this.#steps++;
  }

  seconds(steps: number): number {
    return steps === 0 ? 0 : this.#endSeconds - this.#startSeconds;
  }

  computeSeconds(steps: number): number {
    return this.#pass.computeSeconds(steps);
  }

  memorySeconds(steps: number): number {
    return this.#pass.memorySeconds(steps);
  }

  firstStageSeconds(steps: number): number {
    return (this.#weights[0]! * this.#pass.seconds(steps)) / this.#weights.length;
  }

  stageWaitSeconds(stage: number): number {
    return this.#stageWaits[stage]!;
  }

  indexSeconds(): number {
    return this.#indexSeconds;
  }

  eachStretch(_steps: number, visit: VisitStretch): void {
    this.#durations.each(visit);
  }
}
