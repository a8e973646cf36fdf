/** One stretch of the event loop before it gives way to the rest of the program. */
export interface Slice {
  /** Fire nothing later than this simulated instant. */
  readonly untilSeconds: number;
  /** Give way after about this much wall-clock time. */
  readonly wallMilliseconds: number;
  /** Wall-clock time to wait before the next slice. */
  readonly restMilliseconds: number;
}

/** Says before each slice how far the loop may go; it decides when events fire on the wall clock, never which. */
export interface Pace {
  /** `nextSeconds` is the simulated instant of the next pending event, `Infinity` when there is none. */
  slice(nextSeconds: number): Slice;
}

const whole: Slice = {
  untilSeconds: Number.POSITIVE_INFINITY,
  wallMilliseconds: Number.POSITIVE_INFINITY,
  restMilliseconds: 0,
};

/** Runs to the end within the call to `subscribe`. */
export const synchronousPace: Pace = { slice: () => whole };

/** As fast as can be while the program stays able to draw, take keys and be interrupted. */
export const slicedPace = (wallMilliseconds = 12): Pace => ({ slice: () => ({ ...whole, wallMilliseconds }) });

const frameMilliseconds = 16;

/** A pace that a person steers while the run goes on. */
export class SteeredPace implements Pace {
  /** Simulated seconds for each second of wall time. */
  speed: number;
  paused = false;
  readonly #wallClock: () => number;
  #allowedSeconds = 0;
  #lastMilliseconds: number;

  constructor(speed: number, wallClock: () => number = () => performance.now()) {
    this.speed = speed;
    this.#wallClock = wallClock;
    this.#lastMilliseconds = wallClock();
  }

  slice(nextSeconds: number): Slice {
    const milliseconds = this.#wallClock();
    const elapsedMilliseconds = milliseconds - this.#lastMilliseconds;
    this.#lastMilliseconds = milliseconds;
    // A loop that has not kept up is granted nothing more until it has: it is not owed the time it missed.
    const keptUp = nextSeconds > this.#allowedSeconds;
    if (keptUp && !this.paused) this.#allowedSeconds += (this.speed * elapsedMilliseconds) / 1000;
    return {
      untilSeconds: this.paused ? Number.NEGATIVE_INFINITY : this.#allowedSeconds,
      wallMilliseconds: frameMilliseconds,
      restMilliseconds: frameMilliseconds,
    };
  }
}
