/** What one stage did, in seconds. */
export interface StageUse {
  readonly computeSeconds: number;
  /** Computing, or exchanging activations with a neighbour. */
  readonly busySeconds: number;
}

/** One microbatch's way through all stages; the same object serves its next trip. */
export class Trip {
  /** When each stage began with it. */
  readonly startSeconds: number[];
  /** How long each stage takes. */
  stageSeconds = Number.NaN;
  hopSeconds = Number.NaN;
  /** When it leaves the last stage. */
  exitSeconds = Number.NaN;

  constructor(stages: number) {
    this.startSeconds = new Array<number>(stages).fill(Number.NaN);
  }

  /** How long it waited for each stage to be free, from when it had come there; nothing for the first, which it starts in. */
  get waits(): readonly number[] {
    return this.startSeconds.map((_, stage) => (stage === 0 ? 0 : this.waitSeconds(stage)));
  }

  /** How long it waited for a stage other than the first. */
  waitSeconds(stage: number): number {
    return this.startSeconds[stage]! - (this.startSeconds[stage - 1]! + this.stageSeconds + this.hopSeconds);
  }
}

/** Time covered by intervals that may overlap and whose starts come in order. */
class Cover {
  seconds = 0;
  #untilSeconds = 0;

  add(fromSeconds: number, toSeconds: number): void {
    if (toSeconds <= this.#untilSeconds) return;
    this.seconds += toSeconds - Math.max(fromSeconds, this.#untilSeconds);
    this.#untilSeconds = toSeconds;
  }
}

/**
 * The stages of a pipeline as a tandem of first-come-first-served servers: a microbatch takes each in turn, waits where
 * one is not free, and spends a hop on the link between two; a stage computes while it sends and receives.
 * The stages take equally long over a microbatch.
 */
export class Pipeline {
  readonly #freeSeconds: number[];
  readonly #computing: readonly Cover[];
  readonly #busy: readonly Cover[];

  constructor(stages: number) {
    this.#freeSeconds = new Array<number>(stages).fill(0);
    this.#computing = Array.from({ length: stages }, () => new Cover());
    this.#busy = Array.from({ length: stages }, () => new Cover());
  }

  get stages(): number {
    return this.#freeSeconds.length;
  }

  /** When the first stage can take the next microbatch. */
  get firstStageFreeSeconds(): number {
    return this.#freeSeconds[0]!;
  }

  /** Sends a microbatch through all stages, from an instant at which the first is free. */
  enter(trip: Trip, nowSeconds: number, stageSeconds: number, hopSeconds: number): void {
    let readySeconds = nowSeconds;
    for (let stage = 0; stage < this.stages; stage++) {
      const start = Math.max(readySeconds, this.#freeSeconds[stage]!);
      trip.startSeconds[stage] = start;
      this.#freeSeconds[stage] = start + stageSeconds;
      readySeconds = start + stageSeconds + hopSeconds;
    }
    trip.stageSeconds = stageSeconds;
    trip.hopSeconds = hopSeconds;
    trip.exitSeconds = this.#freeSeconds[this.stages - 1]!;
  }

  /** A trip through a single stage ends earlier than was said. */
  shorten(trip: Trip, stageSeconds: number): void {
    trip.stageSeconds = stageSeconds;
    trip.exitSeconds = trip.startSeconds[0]! + stageSeconds;
    this.#freeSeconds[0] = trip.exitSeconds;
  }

  /** Books what the stages did for a trip, up to an instant; trips are booked in the order in which they entered. */
  book(trip: Trip, untilSeconds = Number.POSITIVE_INFINITY): void {
    const { startSeconds, stageSeconds, hopSeconds } = trip;
    const last = this.stages - 1;
    for (let stage = 0; stage <= last; stage++) {
      const start = startSeconds[stage]!;
      const end = start + stageSeconds;
      this.#computing[stage]!.add(Math.min(start, untilSeconds), Math.min(end, untilSeconds));
      const busy = this.#busy[stage]!;
      if (stage > 0) {
        const sent = startSeconds[stage - 1]! + stageSeconds;
        busy.add(Math.min(sent, untilSeconds), Math.min(sent + hopSeconds, untilSeconds));
      }
      busy.add(Math.min(start, untilSeconds), Math.min(stage < last ? end + hopSeconds : end, untilSeconds));
    }
  }

  /** What each stage did in all trips booked. */
  get use(): readonly StageUse[] {
    return this.#computing.map((computing, stage) => ({
      computeSeconds: computing.seconds,
      busySeconds: this.#busy[stage]!.seconds,
    }));
  }
}
