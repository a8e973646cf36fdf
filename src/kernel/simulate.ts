import { asyncScheduler, NEVER, Observable, type Subscriber, type Subscription, take } from "rxjs";
import type { Pace } from "./pace.ts";
import type { SimulatedTime } from "./simulated-time.ts";

/** What is simulated: told to start, it enters its first happenings in the calendar and from then on publishes events. */
export interface Model<E> {
  start(publish: (event: E) => void): Subscription;
  /** The run ends at the present instant, by itself or because it was asked to: a last word. Not called after an error. */
  end?(): void;
}

export interface SimulationOptions {
  readonly pace: Pace;
  /** The last instant that belongs to the run, in seconds; without one the run ends when nothing is pending. */
  readonly horizonSeconds?: number;
  /** Its first emission ends the run at the instant it has reached. */
  readonly stop$?: Observable<unknown>;
}

/** Looking at the wall clock costs more than an event: look once in so many. */
const eventsBetweenLooks = 256;

/**
 * The event loop as an Observable: subscribe = run, unsubscribe = abandon, complete = nothing is pending, the horizon is
 * reached (the clock then stands at the horizon) or the run was stopped, error = what the model threw.
 *
 * One calendar entry fires and changes state; only then are the events it put in the outbox published, so that no
 * observer ever runs inside a change. When a slice is spent the loop yields to the program's own event loop, by way of
 * `asyncScheduler`, since microtasks would starve the terminal.
 */
export function simulate<E>(time: SimulatedTime, model: Model<E>, options: SimulationOptions): Observable<E> {
  return new Observable<E>((subscriber) => {
    const loop = new Loop(time, model, options, subscriber);
    loop.guarded(() => loop.start());
  });
}

class Loop<E> {
  readonly #time: SimulatedTime;
  readonly #model: Model<E>;
  readonly #pace: Pace;
  readonly #horizonSeconds: number;
  readonly #stop$: Observable<unknown>;
  readonly #subscriber: Subscriber<E>;
  readonly #outbox: E[] = [];
  #posted = 0;
  #delivered = 0;

  constructor(time: SimulatedTime, model: Model<E>, options: SimulationOptions, subscriber: Subscriber<E>) {
    this.#time = time;
    this.#model = model;
    this.#pace = options.pace;
    this.#horizonSeconds = options.horizonSeconds ?? Number.POSITIVE_INFINITY;
    this.#stop$ = options.stop$ ?? NEVER;
    this.#subscriber = subscriber;
  }

  start(): void {
    this.#subscriber.add(this.#model.start((event) => this.#post(event)));
    this.#subscriber.add(this.#stop$.pipe(take(1)).subscribe(() => this.guarded(() => this.#end())));
    this.#publish();
    this.#runSlice();
  }

  /** What the model throws, wherever the loop was entered from, is the error of the run. */
  guarded(enter: () => void): void {
    try {
      enter();
    } catch (error) {
      this.#subscriber.error(error);
    }
  }

  #runSlice(): void {
    const time = this.#time;
    const slice = this.#pace.slice(time.nextSeconds);
    const spentMilliseconds = performance.now() + slice.wallMilliseconds;
    const limitSeconds = Math.min(slice.untilSeconds, this.#horizonSeconds);
    let untilLook = eventsBetweenLooks;
    while (!this.#subscriber.closed) {
      if (time.nextSeconds === Number.POSITIVE_INFINITY || time.nextSeconds > this.#horizonSeconds) {
        this.#end();
        return;
      }
      if (time.nextSeconds > slice.untilSeconds) break;
      time.step(limitSeconds);
      this.#publish();
      if (--untilLook === 0) {
        untilLook = eventsBetweenLooks;
        if (performance.now() >= spentMilliseconds) break;
      }
    }
    if (this.#subscriber.closed) return;
    const resume = () => this.guarded(() => this.#runSlice());
    this.#subscriber.add(asyncScheduler.schedule(resume, slice.restMilliseconds));
  }

  #end(): void {
    const time = this.#time;
    const toHorizon = this.#horizonSeconds < Number.POSITIVE_INFINITY && time.nextSeconds > this.#horizonSeconds;
    if (toHorizon) time.advanceTo(this.#horizonSeconds);
    this.#model.end?.();
    this.#publish();
    this.#subscriber.complete();
  }

  /** The outbox keeps its length: shrinking and growing an array costs more than an event. */
  #post(event: E): void {
    this.#outbox[this.#posted++] = event;
  }

  /** An observer may end the run while it is told of an event: what was delivered before is not delivered again. */
  #publish(): void {
    while (this.#delivered < this.#posted) this.#subscriber.next(this.#outbox[this.#delivered++]!);
    this.#delivered = 0;
    this.#posted = 0;
  }
}
