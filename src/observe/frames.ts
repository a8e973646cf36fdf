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
import type { Advance, ServingEvent } from "../serving/events.ts";
import { Ledgering } from "./ledger/gap-ledger.ts";
import type { Ledger, LedgerOptions } from "./ledger/ledger.ts";
import { type Measurement, Measuring } from "./measurement.ts";
import { type ReplicaLevel, ReplicaLevels } from "./replica-levels.ts";
import { Timeline } from "./timeline.ts";

/** A picture of a run under way. */
export interface Frame {
  readonly atSeconds: number;
  readonly waiting: number;
  readonly running: number;
  /** Cached tokens as of the latest step of each microbatch, and those of caches that are on their way elsewhere. */
  readonly kvTokens: number;
  /** By replica, as far as anything has run there. */
  readonly replicas: readonly ReplicaLevel[];
  /** Requests whose caches are on their way. */
  readonly moving: number;
  /** Of the latest step, where experts are followed. */
  readonly experts: StepExperts | undefined;
  /** What the run has come to so far. */
  readonly measurement: Measurement;
  /** Where its time has gone, where that is asked for. */
  readonly ledger: Ledger | undefined;
  /** Time-weighted means in equal windows from the start until now. */
  readonly timeline: { readonly queue: number[]; readonly batch: number[]; readonly kvTokens: number[] };
}

/** Pictures of a run, one whenever `when$` emits and one at its end; taking them changes nothing of the run. */
export function frames(
  when$: Observable<unknown>,
  expectedFinishes?: number,
  ledger?: LedgerOptions,
): OperatorFunction<ServingEvent, Frame> {
  return (events$) =>
    defer(() => {
      const watching = new Watching(expectedFinishes, ledger);
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
  readonly #ledgering: Ledgering | undefined;
  readonly #queue = new Timeline();
  readonly #batch = new Timeline();
  readonly #kvTokens = new Timeline();
  #atSeconds = 0;
  #waiting = 0;
  #waitingSinceSeconds = 0;
  #running = 0;
  #runningSinceSeconds = 0;
  readonly #levels = new ReplicaLevels();
  #experts: StepExperts | undefined;

  constructor(expectedFinishes?: number, ledger?: LedgerOptions) {
    this.#measuring = new Measuring(expectedFinishes);
    this.#ledgering = ledger && new Ledgering(ledger);
  }

  on(event: ServingEvent): void {
    this.#measuring.on(event);
    this.#ledgering?.on(event);
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
      case "handoff":
        this.#queueIs(event.waiting);
        this.#runningIs(this.#running - 1);
        break;
      case "delivery":
        this.#kvTokens.add(event.atSeconds - event.queuedSeconds - event.sentSeconds, event.atSeconds, event.kvTokens);
        break;
      case "advance":
        this.#kvTokensAre(event);
        this.#experts = event.run.step?.experts;
        break;
    }
    this.#levels.on(event);
  }

  frame(): Frame {
    const now = this.#atSeconds;
    this.#queueIs(this.#waiting);
    this.#runningIs(this.#running);
    const replicas = this.#levels.now;
    return {
      atSeconds: now,
      waiting: this.#waiting,
      running: this.#running,
      kvTokens: replicas.reduce((sum, { kvTokens }) => sum + kvTokens, 0),
      replicas,
      moving: this.#levels.moving,
      experts: this.#experts,
      measurement: this.#measuring.result(),
      ledger: this.#ledgering?.result().total,
      timeline: { queue: this.#queue.means(now), batch: this.#batch.means(now), kvTokens: this.#kvTokens.means(now) },
    };
  }

  #kvTokensAre(event: Advance): void {
    const { tokens, sinceSeconds } = this.#levels.cacheBefore(event);
    if (tokens > 0) this.#kvTokens.add(sinceSeconds, event.startSeconds, tokens);
    this.#kvTokens.add(event.startSeconds, event.atSeconds, event.kvTokensBefore, event.kvTokens);
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
