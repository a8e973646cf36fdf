import { SteadyRun } from "../bounds/steady-run.ts";
import type { StepRun } from "../bounds/step-run.ts";
import type { Due } from "../kernel/calendar.ts";
import type { Clock } from "../kernel/simulated-time.ts";
import type { BatchLimit } from "./events.ts";
import type { Microbatch } from "./microbatch.ts";
import { Trip } from "./pipeline.ts";
import type { Hold } from "./policy.ts";
import { type Chunk, type ChunkLoad, noChunks, noLoad } from "./prefill.ts";

/** A microbatch under way: one step, or a leap over many decode steps. One object serves one flight after another. */
export class Flight implements Due {
  readonly microbatch: Microbatch;
  readonly trip: Trip;
  /** Tells the steps where they are known in advance. */
  steadyRun = new SteadyRun();
  #lastSteadyRun = new SteadyRun();
  run: StepRun = this.steadyRun;
  /** Whether its sequences decode, and what it reads of prompts beside. */
  decodes = false;
  chunks: readonly Chunk[] = noChunks;
  load: ChunkLoad = noLoad;
  steps = 0;
  /** Of its time, what drafting takes. */
  draftSeconds = 0;
  hold: Hold = "step";
  limit: BatchLimit = "arrivals";
  landSeconds = Number.NaN;
  readonly #clock: Clock;
  readonly #land: (flight: Flight) => void;

  constructor(microbatch: Microbatch, stages: number, clock: Clock, land: (flight: Flight) => void) {
    this.microbatch = microbatch;
    this.trip = new Trip(stages);
    this.#clock = clock;
    this.#land = land;
  }

  get startSeconds(): number {
    return this.trip.startSeconds[0]!;
  }

  /** The steps about to start are told by one of two objects in turn: what the last one told is still being published. */
  nextSteadyRun(): SteadyRun {
    const next = this.#lastSteadyRun;
    this.#lastSteadyRun = this.steadyRun;
    this.steadyRun = next;
    this.run = next;
    return next;
  }

  /** A leap that was cut leaves a landing behind in the calendar, which comes to nothing. */
  fire(): void {
    if (this.#clock.nowSeconds !== this.landSeconds) return;
    this.landSeconds = Number.NaN;
    this.#land(this);
  }

  /** How many steps have ended by an instant at which the last has not. */
  stepsEndedBy(instant: number): number {
    if (this.run !== this.steadyRun) return 0;
    const elapsedSeconds = instant - this.startSeconds;
    const steps = this.steadyRun.stepsToLast(elapsedSeconds, this.steps);
    return this.steadyRun.seconds(steps) <= elapsedSeconds ? steps : steps - 1;
  }

  /** How many tokens its sequences have emitted by an instant at which the last step has not ended. */
  decodedBy(instant: number): number {
    const { size, padding } = this.microbatch.running;
    return this.decodes ? this.stepsEndedBy(instant) * (size - padding) : 0;
  }
}
