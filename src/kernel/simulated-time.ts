import type { SchedulerAction, SchedulerLike, Subscription } from "rxjs";
import { InvariantError } from "../core/errors.ts";
import { Calendar, type Due, type Rank, Rank as ranks } from "./calendar.ts";
import { SimulatedAction } from "./simulated-action.ts";

/** Reads simulated time, seconds since the start of the run. */
export interface Clock {
  readonly nowSeconds: number;
}

/**
 * Simulated time: a clock, a calendar of what is to come, and an RxJS scheduler,
 * so that `timer`, `delay`, `merge` or `takeUntil` given this scheduler run in simulated seconds.
 */
export class SimulatedTime implements Clock, SchedulerLike {
  readonly #calendar = new Calendar();
  #nowSeconds = 0;
  #limitSeconds = Number.POSITIVE_INFINITY;

  get nowSeconds(): number {
    return this.#nowSeconds;
  }

  /** The instant of the next pending event in seconds; `Infinity` when there is none. */
  get nextSeconds(): number {
    return this.#calendar.nextSeconds;
  }

  get pending(): number {
    return this.#calendar.pending;
  }

  /** RxJS's clock: here its unit is the simulated second, not the millisecond. */
  now(): number {
    return this.#nowSeconds;
  }

  /** Enters `due` at an instant. Throws `InvariantError` for an instant that is past, infinite or not a number. */
  at(seconds: number, rank: Rank, due: Due): void {
    if (!(seconds >= this.#nowSeconds && seconds < Number.POSITIVE_INFINITY)) {
      throw new InvariantError(`cannot schedule at ${seconds} s: the clock stands at ${this.#nowSeconds} s`);
    }
    this.#calendar.insert(seconds, rank, due);
  }

  /** Enters `due` after a delay. Throws `InvariantError` for a delay that is negative, infinite or not a number. */
  after(delaySeconds: number, rank: Rank, due: Due): void {
    this.at(this.#nowSeconds + delaySeconds, rank, due);
  }

  /** Takes back all that is pending of some happenings, so that the clock need not go there. */
  withdraw(isWithdrawn: (due: Due) => boolean): void {
    this.#calendar.withdraw(isWithdrawn);
  }

  /**
   * Advances to the next pending event and fires it; what fires may itself advance to `limitSeconds` at most. Throws
   * `InvariantError` when nothing is pending.
   */
  step(limitSeconds = Number.POSITIVE_INFINITY): void {
    const seconds = this.#calendar.nextSeconds;
    const due = this.#calendar.take();
    this.#nowSeconds = seconds;
    this.#limitSeconds = limitSeconds;
    due.fire();
  }

  /** Whether what fires now may advance to an instant: nothing is pending until then, nor at it. */
  isClearUntil(seconds: number): boolean {
    return seconds < this.#calendar.nextSeconds && seconds <= this.#limitSeconds;
  }

  /** Advances over a stretch in which nothing happens. Throws `InvariantError` when something does, or for the past. */
  advanceTo(seconds: number): void {
    if (!(seconds >= this.#nowSeconds && seconds <= this.nextSeconds)) {
      throw new InvariantError(
        `cannot advance from ${this.#nowSeconds} s to ${seconds} s: next event at ${this.nextSeconds} s`,
      );
    }
    this.#nowSeconds = seconds;
  }

  /** RxJS's way in: `work` runs as an arrival of its instant. */
  schedule<T>(work: (this: SchedulerAction<T>, state?: T) => void, delaySeconds = 0, state?: T): Subscription {
    return new SimulatedAction<T>((due, delay) => this.after(delay, ranks.arrival, due), work).schedule(
      state,
      delaySeconds,
    );
  }
}
