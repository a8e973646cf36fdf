import {
  connect,
  defer,
  endWith,
  ignoreElements,
  map,
  merge,
  type Observable,
  type OperatorFunction,
  takeUntil,
  tap,
} from "rxjs";
import type { StepExperts } from "../bounds/moe/step-experts.ts";
import type { ServingEvent } from "../serving/events.ts";
import { type Measurement, Measuring } from "./measurement.ts";
import { Timeline } from "./timeline.ts";

/** A picture of a run under way. */
export interface Frame {
  readonly atSeconds: number;
  readonly waiting: number;
  readonly running: number;
  /** Cached tokens as of the latest step of each microbatch. */
  readonly kvTokens: number;
  /** Of the latest step, where experts are followed. */
  readonly experts: StepExperts | undefined;
  /** What the run has come to so far. */
  readonly measurement: Measurement;
  /** Time-weighted means in equal windows from the start until now. */
  readonly timeline: { readonly queue: number[]; readonly batch: number[]; readonly kvTokens: number[] };
}

/** Pictures of a run, one whenever `when$` emits and one at its end; taking them changes nothing of the run. */
export function frames(when$: Observable<unknown>, expectedFinishes?: number): OperatorFunction<ServingEvent, Frame> {
  return (events$) =>
    defer(() => {
      const watching = new Watching(expectedFinishes);
      return events$.pipe(
        tap((event) => watching.on(event)),
        ignoreElements(),
        connect((over$) => merge(over$, when$.pipe(takeUntil(over$.pipe(endWith(undefined)))))),
        endWith(undefined),
        map(() => watching.frame()),
      );
    });
}

class Watching {
  readonly #measuring: Measuring;
  readonly #queue = new Timeline();
  readonly #batch = new Timeline();
  readonly #kvTokens = new Timeline();
  #atSeconds = 0;
  #waiting = 0;
  #waitingSinceSeconds = 0;
  #running = 0;
  #runningSinceSeconds = 0;
  /** Cached tokens of each microbatch of each replica. */
  readonly #kvTokensNow = new Map<string, number>();
  #experts: StepExperts | undefined;

  constructor(expectedFinishes?: number) {
    this.#measuring = new Measuring(expectedFinishes);
  }

  on(event: ServingEvent): void {
    this.#measuring.on(event);
    this.#atSeconds = Math.max(this.#atSeconds, event.atSeconds);
    switch (event.kind) {
      case "arrival":
        this.#queueIs(event.waiting);
        break;
      case "dispatch":
        this.#queueIs(event.waiting);
        this.#runningIs(this.#running + event.admitted.length);
        break;
      case "preemption":
        this.#runningIs(this.#running - 1);
        break;
      case "finish":
        this.#runningIs(this.#running - 1);
        break;
      case "advance":
        this.#kvTokens.add(event.sinceSeconds, event.atSeconds, event.kvTokensBefore, event.kvTokens);
        this.#kvTokensNow.set(`${event.replica}/${event.microbatch}`, event.kvTokens - event.releasedTokens);
        this.#experts = event.run.step?.experts;
        break;
    }
  }

  frame(): Frame {
    const now = this.#atSeconds;
    this.#queueIs(this.#waiting);
    this.#runningIs(this.#running);
    return {
      atSeconds: now,
      waiting: this.#waiting,
      running: this.#running,
      kvTokens: [...this.#kvTokensNow.values()].reduce((sum, tokens) => sum + tokens, 0),
      experts: this.#experts,
      measurement: this.#measuring.result(),
      timeline: { queue: this.#queue.means(now), batch: this.#batch.means(now), kvTokens: this.#kvTokens.means(now) },
    };
  }

  #queueIs(waiting: number): void {
    this.#queue.add(this.#waitingSinceSeconds, this.#atSeconds, this.#waiting);
    this.#waitingSinceSeconds = this.#atSeconds;
    this.#waiting = waiting;
  }

  #runningIs(running: number): void {
    this.#batch.add(this.#runningSinceSeconds, this.#atSeconds, this.#running);
    this.#runningSinceSeconds = this.#atSeconds;
    this.#running = running;
  }
}
