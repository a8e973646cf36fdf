import { DecodeRun } from "../bounds/decode-run.ts";
import type { StepRun } from "../bounds/step-run.ts";
import type { Due } from "../kernel/calendar.ts";
import type { Microbatch, PrefillLoad } from "./microbatch.ts";
import type { Trip } from "./pipeline.ts";
import type { Hold } from "./policy.ts";
import type { Request } from "./request.ts";

/** A microbatch under way: one step, or a leap over many decode steps. Lands once, however often its landing is booked. */
export class Flight implements Due {
  readonly microbatch: Microbatch;
  readonly prefills: readonly Request[];
  readonly prefill: PrefillLoad;
  readonly trip: Trip;
  readonly run: StepRun;
  steps: number;
  hold: Hold;
  #landed = false;
  readonly #land: (flight: Flight) => void;

  constructor(
    microbatch: Microbatch,
    prefills: readonly Request[],
    prefill: PrefillLoad,
    trip: Trip,
    run: StepRun,
    steps: number,
    hold: Hold,
    land: (flight: Flight) => void,
  ) {
    this.microbatch = microbatch;
    this.prefills = prefills;
    this.prefill = prefill;
    this.trip = trip;
    this.run = run;
    this.steps = steps;
    this.hold = hold;
    this.#land = land;
  }

  get startSeconds(): number {
    return this.trip.startSeconds[0]!;
  }

  /** A leap that was cut has left its first booking behind. */
  fire(): void {
    if (this.#landed) return;
    this.#landed = true;
    this.#land(this);
  }

  /** How many steps have ended by an instant at which the last has not. */
  stepsEndedBy(instant: number): number {
    if (!(this.run instanceof DecodeRun)) return 0;
    const elapsedSeconds = instant - this.startSeconds;
    const steps = this.run.stepsToLast(elapsedSeconds, this.steps);
    return this.run.seconds(steps) <= elapsedSeconds ? steps : steps - 1;
  }
}
