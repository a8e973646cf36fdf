import type { DecodeRun } from "../bounds/decode-run.ts";
import type { StepTimeModel } from "../bounds/step-time.ts";
import type { Microbatch, PrefillLoad } from "./microbatch.ts";
import type { Trip } from "./pipeline.ts";
import type { Hold } from "./policy.ts";
import type { Request } from "./request.ts";

/** Step durations on a straight line: `firstSeconds`, `firstSeconds + stepSeconds`, … */
export interface Stretch {
  readonly firstSeconds: number;
  readonly stepSeconds: number;
  readonly steps: number;
}

/** A microbatch under way: one step, or a leap over many decode steps. */
export interface Flight {
  readonly microbatch: Microbatch;
  readonly prefills: readonly Request[];
  readonly prefill: PrefillLoad;
  readonly trip: Trip;
  /** Known in advance where this is a leap. */
  readonly run: DecodeRun | undefined;
  steps: number;
  hold: Hold;
  landed: boolean;
}

/** What the steps of a flight took, over all stages. */
export interface FlightTime {
  readonly computeSeconds: number;
  readonly memorySeconds: number;
  readonly stretches: readonly Stretch[];
  /** Σ over the steps j of j times the step's duration. */
  readonly indexSeconds: number;
}

/** The parts of a leap's time from its closed form, of a single step's from the step itself. */
export function flightTime(flight: Flight, stepTime: StepTimeModel): FlightTime {
  if (flight.run !== undefined) {
    return { ...flight.run.sums(flight.steps), stretches: flight.run.stretches(flight.steps) };
  }
  const { computeSeconds, memorySeconds } = stepTime.time(
    flight.microbatch.shape(flight.prefill, flight.prefills.length),
  );
  const firstSeconds = flight.trip.exitSeconds - flight.trip.startSeconds[0]!;
  return {
    computeSeconds,
    memorySeconds,
    stretches: [{ firstSeconds, stepSeconds: 0, steps: 1 }],
    indexSeconds: 0,
  };
}

/** How many steps of a leap have ended by an instant. */
export function stepsEndedBy(flight: Flight, instant: number): number {
  if (flight.run === undefined) return 0;
  const elapsedSeconds = instant - flight.trip.startSeconds[0]!;
  const steps = flight.run.stepsToLast(elapsedSeconds, flight.steps);
  return flight.run.seconds(steps) <= elapsedSeconds ? steps : steps - 1;
}
