import { asyncScheduler, Observable, type Subscriber, type Subscription } from "rxjs";
import type { Pace } from "./pace.ts";
import type { SimulatedTime } from "./simulated-time.ts";

/** What is simulated: told to start, it enters its first happenings in the calendar and from then on publishes events. */
export interface Model<E> {
  start(publish: (event: E) => void): Subscription;
}

export interface SimulationOptions {
  readonly pace: Pace;
  /** The last instant that belongs to the run, in seconds; without one the run ends when nothing is pending. */
  readonly horizonSeconds?: number;
}

/** Looking at the wall clock costs more than an event: look once in so many. */
const eventsBetweenLooks = 256;

/**
 * The event loop as an Observable: subscribe = run, unsubscribe = stop, complete = nothing is pending or the horizon is
 * reached (the clock then stands at the horizon), error = what the model threw.
 *
 * One calendar entry fires and changes state; only then are the events it put in the outbox published, so that no
 * observer ever runs inside a change. When a slice is spent the loop yields to the program's own event loop, by way of
 * `asyncScheduler`, since microtasks would starve the terminal.
 */
export function simulate<E>(time: SimulatedTime, model: Model<E>, options: SimulationOptions): Observable<E> {
  return new Observable<E>((subscriber) => {
    const outbox: E[] = [];
    try {
      subscriber.add(model.start((event) => outbox.push(event)));
      publishAll(outbox, subscriber);
      runSlice(time, outbox, subscriber, options);
    } catch (error) {
      subscriber.error(error);
    }
  });
}

function runSlice<E>(time: SimulatedTime, outbox: E[], subscriber: Subscriber<E>, options: SimulationOptions): void {
  const horizonSeconds = options.horizonSeconds ?? Number.POSITIVE_INFINITY;
  const slice = options.pace.slice(time.nextSeconds);
  const spentMilliseconds = performance.now() + slice.wallMilliseconds;
  let untilLook = eventsBetweenLooks;
  while (!subscriber.closed) {
    const nextSeconds = time.nextSeconds;
    if (nextSeconds === Number.POSITIVE_INFINITY || nextSeconds > horizonSeconds) {
      if (horizonSeconds < Number.POSITIVE_INFINITY && horizonSeconds > time.nowSeconds) time.advanceTo(horizonSeconds);
      subscriber.complete();
      return;
    }
    if (nextSeconds > slice.untilSeconds) break;
    time.step();
    publishAll(outbox, subscriber);
    if (--untilLook === 0) {
      untilLook = eventsBetweenLooks;
      if (performance.now() >= spentMilliseconds) break;
    }
  }
  if (subscriber.closed) return;
  subscriber.add(
    asyncScheduler.schedule(() => {
      try {
        runSlice(time, outbox, subscriber, options);
      } catch (error) {
        subscriber.error(error);
      }
    }, slice.restMilliseconds),
  );
}

function publishAll<E>(outbox: E[], subscriber: Subscriber<E>): void {
  for (let index = 0; index < outbox.length; index++) subscriber.next(outbox[index]!);
  outbox.length = 0;
}
