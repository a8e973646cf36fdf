import { SingleStep } from "../bounds/step-run.ts";
import type { StepTimeModel } from "../bounds/step-time.ts";
import { Rank } from "../kernel/calendar.ts";
import type { SimulatedTime } from "../kernel/simulated-time.ts";
import type { Drafting } from "./drafting.ts";
import { Flight } from "./flight.ts";
import { KvCache, type KvCacheOptions } from "./kv-cache.ts";
import { Microbatch } from "./microbatch.ts";
import { Pipeline } from "./pipeline.ts";
import type { StageUse } from "./stage-use.ts";

export interface CircuitOptions {
  readonly time: SimulatedTime;
  readonly stepTime: StepTimeModel;
  /** With a draft model; only with one pipeline stage. */
  readonly drafting?: Drafting | undefined;
  /** The KV cache of the whole replica; each microbatch owns an even share of its capacity. */
  readonly kvCache: KvCacheOptions;
}

/** The microbatches of a replica, on the ground or on their way through its pipeline, and when they land. */
export class Circuit {
  /** Those on the ground, longest idle first, and those under way, in order of entry. */
  readonly idle: Flight[];
  readonly underWay: Flight[] = [];
  readonly #time: SimulatedTime;
  readonly #stepTime: StepTimeModel;
  /** Whether the times of steps are known in advance. */
  readonly #isSteady: boolean;
  readonly #pipeline: Pipeline;

  /** `land` is called as the microbatch that is under way longest has been through all stages; it takes it in. */
  constructor(options: CircuitOptions, land: (flight: Flight) => void) {
    const { time, stepTime, drafting, kvCache } = options;
    const { stageWeights, stepParts } = stepTime;
    const capacityTokens = Math.floor(kvCache.capacityTokens / stageWeights.length);
    this.#time = time;
    this.#stepTime = stepTime;
    this.#isSteady = stepTime.isSteady && drafting === undefined;
    this.#pipeline = new Pipeline(stageWeights, stepParts);
    this.idle = stageWeights.map((_, index) => {
      const microbatch = new Microbatch(index, new KvCache({ ...kvCache, capacityTokens }), drafting);
      return new Flight(microbatch, this.#pipeline.newTrip(), time, land);
    });
  }

  /** When the first stage can take the next microbatch. */
  get freeSeconds(): number {
    return this.#pipeline.firstStageFreeSeconds;
  }

  /** What each stage did so far, in trips that have ended. */
  get stageUse(): readonly StageUse[] {
    return this.#pipeline.use;
  }

  /** The replica has work from now on, or has none; saying it again changes nothing. */
  begin(): void {
    this.#pipeline.begin(this.#time.nowSeconds);
  }
  rest(): void {
    this.#pipeline.rest(this.#time.nowSeconds);
  }

  /** Whether the steps of a microbatch that are to come are known in advance. */
  foresees(microbatch: Microbatch): boolean {
    return this.#isSteady && microbatch.swapSeconds === 0;
  }

  /**
   * Sends a microbatch, told what it is to compute, off for so many steps: at once through a single stage, where they are
   * known in advance; else for the first of them.
   */
  send(flight: Flight, steps: number): void {
    const now = this.#time.nowSeconds;
    flight.startSeconds = now;
    flight.draftSeconds = 0;
    flight.swapSeconds = 0;
    if (!this.foresees(flight.microbatch)) {
      this.#sendForOne(flight, now);
      return;
    }
    flight.begin(this.#stepTime);
    if (this.#pipeline.stages > 1) {
      flight.steps = 0;
      flight.stepsLeft = steps;
      this.sendOn(flight, now);
    } else {
      const { leap, trip } = flight;
      flight.steps = steps;
      this.#pipeline.enter(trip, now, leap.seconds(steps), steps * leap.hopSeconds);
    }
  }

  /** Sends a microbatch that goes round off for its next step. */
  sendOn({ trip, rounds }: Flight, startSeconds: number): void {
    this.#pipeline.enter(trip, startSeconds, rounds.nextStageSeconds, rounds.hopSeconds);
  }

  /** A step whose time is only known when it is asked for. */
  #sendForOne(flight: Flight, now: number): void {
    const { microbatch, decodes, chunks, load, trip } = flight;
    const time = this.#stepTime.time(microbatch.shape(decodes, chunks, load));
    flight.draftSeconds = microbatch.draftSeconds(decodes);
    flight.swapSeconds = microbatch.swapSeconds;
    microbatch.swapSeconds = 0;
    const beforeSeconds = flight.draftSeconds + flight.swapSeconds;
    this.#pipeline.enter(trip, now, beforeSeconds + time.stageSeconds, time.hopSeconds);
    flight.steps = 1;
    flight.run = new SingleStep(time, trip.exitSeconds - now, trip.weights[0]! * trip.stageSeconds, trip.waits);
  }

  /** A microbatch on the ground was sent off. */
  leave(place: number): void {
    const flight = this.idle[place]!;
    if (place === 0) this.idle.shift();
    else this.idle.splice(place, 1);
    this.underWay.push(flight);
  }

  /** Takes in the microbatch that is under way longest. */
  takeIn(): void {
    const flight = this.underWay.shift()!;
    this.#pipeline.book(flight.trip);
    if (flight.stepsLeft > 0) flight.landRound();
    this.idle.push(flight);
  }

  /** Enters the next landing in the calendar, unless it is there. */
  bookLanding(): void {
    const flight = this.underWay[0];
    if (flight === undefined) return;
    // A boundary found by solving for it may come out a rounding error before the arrival that it serves.
    const at = Math.max(flight.trip.exitSeconds, this.#time.nowSeconds);
    if (flight.landSeconds === at) return;
    flight.landSeconds = at;
    this.#time.at(at, Rank.completion, flight);
  }

  /** Ends a leap under way at the next step boundary. */
  cutLeap(flight: Flight): void {
    const { leap, trip } = flight;
    const steps = leap.stepsToLast(this.#time.nowSeconds - flight.startSeconds, flight.steps);
    if (steps === flight.steps) return;
    flight.steps = steps;
    this.#pipeline.shorten(trip, leap.seconds(steps), steps * leap.hopSeconds);
    this.bookLanding();
  }

  /**
   * Lets microbatches that go on as they did land and start again, one after another, as long as nothing else comes in
   * between: neither events nor the calendar are needed for it. Returns whether any did.
   */
  goRound(goesOn: (flight: Flight) => boolean): boolean {
    const flights = this.underWay;
    const firstThatChanges = flights.find((flight) => !goesOn(flight));
    let changeSeconds = firstThatChanges?.trip.exitSeconds ?? Number.POSITIVE_INFINITY;
    let lastStartSeconds = Number.NaN;
    let place = 0;
    for (;;) {
      const flight = flights[place]!;
      const start = Math.max(flight.trip.exitSeconds, this.freeSeconds);
      if (start >= changeSeconds || !this.#time.isClearUntil(start)) break;
      this.#pipeline.book(flight.trip);
      flight.landRound();
      this.sendOn(flight, start);
      if (flight.stepsLeft === 1) changeSeconds = Math.min(changeSeconds, flight.trip.exitSeconds);
      lastStartSeconds = start;
      place = (place + 1) % flights.length;
    }
    if (Number.isNaN(lastStartSeconds)) return false;
    flights.push(...flights.splice(0, place));
    this.#time.advanceTo(lastStartSeconds);
    return true;
  }

  /** Lets those of a microbatch's steps that have ended by now be all; returns when the last of them did. */
  endSteps(flight: Flight): number {
    const { leap, trip } = flight;
    const steps = flight.stepsEndedBy(this.#time.nowSeconds);
    flight.steps = steps;
    if (flight.run === leap) {
      this.#pipeline.shorten(trip, leap.seconds(steps), steps * leap.hopSeconds);
      this.#pipeline.book(trip);
    }
    return flight.startSeconds + flight.run.seconds(steps);
  }

  /** Cuts the step off that followed them; returns when it began. */
  cutOff(flight: Flight, endSeconds: number): number {
    const { trip } = flight;
    if (flight.run === flight.leap || flight.run === flight.rounds) flight.begin(this.#stepTime);
    const { leap } = flight;
    if (flight.run === leap) this.#pipeline.enter(trip, endSeconds, leap.seconds(1), leap.hopSeconds);
    this.#pipeline.book(trip, this.#time.nowSeconds);
    return trip.startSeconds[0]!;
  }
}
