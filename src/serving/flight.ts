import { SteadyRun } from "../bounds/steady-run.ts";
import type { StepRun } from "../bounds/step-run.ts";
import type { StepTimeModel } from "../bounds/step-time.ts";
import type { Due } from "../kernel/calendar.ts";
import type { Clock } from "../kernel/simulated-time.ts";
import type { BatchLimit } from "./events.ts";
import type { Microbatch } from "./microbatch.ts";
import type { Hold } from "./policy.ts";
import { type Chunk, type ChunkLoad, noChunks, noLoad } from "./prefill.ts";
import type { Request } from "./request.ts";
import type { Trip } from "./trip.ts";
import { TripRun } from "./trip-run.ts";

/** Two of a kind that take turns: what the one last told is still being published. */
interface Turns<R> {
  now: R;
  next: R;
}

function nextOf<R>(turns: Turns<R>): R {
  const { next } = turns;
  turns.next = turns.now;
  turns.now = next;
  return next;
}

/**
 * A microbatch under way, or waiting for its next step: a leap over many steps on a single stage, steps that go round
 * through several, or one step. One object serves one flight after another.
 */
export class Flight implements Due {
  readonly microbatch: Microbatch;
  readonly trip: Trip;
  readonly #leaps: Turns<SteadyRun> = { now: new SteadyRun(), next: new SteadyRun() };
  readonly #rounds: Turns<TripRun>;
  run: StepRun = this.#leaps.now;
  /** When the first step of `run` began. */
  startSeconds = Number.NaN;
  /** Whether its sequences decode, and what it reads of prompts beside. */
  decodes = false;
  chunks: readonly Chunk[] = noChunks;
  load: ChunkLoad = noLoad;
  /** Steps of `run`: all of a leap, those that have landed of steps that go round. */
  steps = 0;
  /** Of its time, what drafting takes, and what moving caches out and in. */
  draftSeconds = 0;
  swapSeconds = 0;
  /** Going round, steps that can still follow one another, the one under way included. */
  stepsLeft = 0;
  /** How long its plan holds, what limits its batch, and how the queue stood then. */
  hold: Hold = "step";
  limit: BatchLimit = "arrivals";
  queueHead: Request | undefined;
  queueJoins = 0;
  landSeconds = Number.NaN;
  readonly #clock: Clock;
  readonly #land: (flight: Flight) => void;

  constructor(microbatch: Microbatch, trip: Trip, clock: Clock, land: (flight: Flight) => void) {
    this.microbatch = microbatch;
    this.trip = trip;
    this.#rounds = { now: new TripRun(trip.weights), next: new TripRun(trip.weights) };
    this.#clock = clock;
    this.#land = land;
  }

  /** The steps of a leap, and those that go round. */
  get leap(): SteadyRun {
    return this.#leaps.now;
  }
  get rounds(): TripRun {
    return this.#rounds.now;
  }

  /** Begins steps whose times are known in advance: a leap, or steps that go round. */
  begin(stepTime: StepTimeModel): void {
    const { decodes, load } = this;
    const { running } = this.microbatch;
    const size = decodes ? running.size : 0;
    const contextTokens = decodes ? running.contextTokens : 0;
    const run = this.trip.weights.length === 1 ? nextOf(this.#leaps) : nextOf(this.#rounds);
    run.begin(stepTime, size + load.tokens, contextTokens + load.pairs, contextTokens + load.kvTokensRead, size);
    this.run = run;
  }

  /** The step under way of those that go round has been through all stages. */
  landRound(): void {
    this.rounds.land(this.trip);
    this.steps++;
    this.stepsLeft--;
  }

  /** A landing that was booked and then moved comes to nothing. */
  fire(): void {
    if (this.#clock.nowSeconds !== this.landSeconds) return;
    this.landSeconds = Number.NaN;
    this.#land(this);
  }

  /** How many steps of `run` have ended by an instant at which the last has not. */
  stepsEndedBy(instant: number): number {
    if (this.run === this.rounds) return this.steps;
    if (this.run !== this.leap) return 0;
    const elapsedSeconds = instant - this.startSeconds;
    const steps = this.leap.stepsToLast(elapsedSeconds, this.steps);
    return this.leap.seconds(steps) <= elapsedSeconds ? steps : steps - 1;
  }

  /** How many tokens its sequences have emitted by an instant at which the last step has not ended. */
  decodedBy(instant: number): number {
    const { size, padding } = this.microbatch.running;
    return this.decodes ? this.stepsEndedBy(instant) * (size - padding) : 0;
  }
}
