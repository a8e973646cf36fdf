import { type SchedulerAction, Subscription } from "rxjs";
import type { Due } from "./calendar.ts";

/** Enters something in the calendar after a delay in simulated seconds. */
type Enter = (due: Due, delaySeconds: number) => void;

/** One piece of RxJS work in simulated time; it may schedule itself again, and unsubscribing it cancels what is pending. */
export class SimulatedAction<T> extends Subscription implements SchedulerAction<T> {
  readonly #enter: Enter;
  readonly #work: (this: SchedulerAction<T>, state?: T) => void;
  /** Each scheduling replaces the one before it, as RxJS's own actions do. */
  #version = 0;

  constructor(enter: Enter, work: (this: SchedulerAction<T>, state?: T) => void) {
    super();
    this.#enter = enter;
    this.#work = work;
  }

  schedule(state?: T, delaySeconds = 0): Subscription {
    if (this.closed) return this;
    const version = ++this.#version;
    this.#enter({ fire: () => this.#fire(version, state) }, delaySeconds);
    return this;
  }

  #fire(version: number, state: T | undefined): void {
    if (this.closed || version !== this.#version) return;
    this.#work.call(this, state);
    const rescheduled = version !== this.#version;
    if (!rescheduled) this.unsubscribe();
  }
}
