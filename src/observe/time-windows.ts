import { UserError } from "../core/errors.ts";
import { Histogram } from "../core/histogram.ts";
import type { Advance, ServingEvent } from "../serving/events.ts";
import { isFirstAdmission, type RequestRecord } from "../serving/request.ts";
import { AdvanceProgress } from "./advance-progress.ts";
import { OldestWaiting } from "./oldest-waiting.ts";
import { type Fold, probe } from "./probe.ts";
import { meets } from "./service-level.ts";

/** A run in one window of time: after its beginning, up to and with its end; the first has its beginning too. */
export interface TimeWindow {
  readonly fromSeconds: number;
  /** The last window ends with the run. */
  readonly toSeconds: number;
  readonly offered: number;
  readonly finished: number;
  readonly rejected: number;
  readonly preemptions: number;
  readonly outputTokens: number;
  /** Of first tokens in the window, rejected requests beyond all; NaN where there was neither. */
  readonly ttftP50Seconds: number;
  readonly ttftP99Seconds: number;
  /** ∫ waiting requests · dt, ∫ running sequences · dt, ∫ KV tokens held · dt. */
  readonly queueSeconds: number;
  readonly batchSeconds: number;
  readonly kvTokenSeconds: number;
  /** The greatest age that a request which waits for its first admission reached; 0 where none waited. */
  readonly oldestWaitSeconds: number;
  /** Requests that finished within all their targets; undefined where none of the run has any. */
  readonly sloMet: number | undefined;
}

/** More would be a slip of the pen, and fill memory. */
const mostWindows = 1_000_000;

/**
 * Cuts a run into windows of a fixed width. Leaps that an edge cuts are told apart exactly, by the straight lines on which
 * their steps lie. Throws `UserError` for windows that are too short for the run.
 */
export const timeWindows = (windowSeconds: number) => probe(() => new Windowing(windowSeconds));

type Cell = { -readonly [Key in keyof Omit<TimeWindow, "fromSeconds" | "toSeconds" | "sloMet">]: number } & {
  sloMet: number;
};

const emptyCell = (): Cell => ({
  offered: 0,
  finished: 0,
  rejected: 0,
  preemptions: 0,
  outputTokens: 0,
  ttftP50Seconds: Number.NaN,
  ttftP99Seconds: Number.NaN,
  queueSeconds: 0,
  batchSeconds: 0,
  kvTokenSeconds: 0,
  oldestWaitSeconds: 0,
  sloMet: 0,
});

class Windowing implements Fold<readonly TimeWindow[]> {
  readonly #windowSeconds: number;
  /** An advance tells of windows that have passed, so none is done before the run is. */
  readonly #cells: Cell[] = [emptyCell()];
  /** TTFT of the current window. */
  #ttftSeconds = new Histogram();
  readonly #oldest = new OldestWaiting();
  #nowSeconds = 0;
  #waiting = 0;
  #running = 0;
  #hasTargets = false;

  constructor(windowSeconds: number) {
    this.#windowSeconds = windowSeconds;
  }

  on(event: ServingEvent): void {
    this.#moveTo(Math.max(this.#nowSeconds, event.atSeconds));
    const current = this.#cells.at(-1)!;
    switch (event.kind) {
      case "arrival":
        this.#offer(current, event.request);
        this.#waiting = event.waiting;
        this.#oldest.enter(event.request);
        break;
      case "rejection":
        this.#offer(current, event.request);
        current.rejected++;
        this.#ttftSeconds.recordMissing();
        break;
      case "dispatch":
        this.#waiting = event.waiting;
        this.#running += event.admitted.length;
        for (const request of event.admitted) if (isFirstAdmission(request)) this.#oldest.leave(request);
        break;
      case "handoff":
        this.#waiting = event.waiting;
        this.#running--;
        break;
      case "preemption":
        this.#running--;
        current.preemptions++;
        break;
      case "advance":
        this.#advance(event);
        break;
      case "finish":
        this.#running--;
        current.finished++;
        if (event.request.slo !== undefined && meets(event.request.slo, event.request)) current.sloMet++;
        break;
    }
  }

  result(): readonly TimeWindow[] {
    this.#closeLatency();
    return this.#cells.map((cell, window) => ({
      ...cell,
      fromSeconds: this.#edge(window),
      toSeconds: Math.min(this.#nowSeconds, this.#edge(window + 1)),
      sloMet: this.#hasTargets ? cell.sloMet : undefined,
    }));
  }

  #offer(cell: Cell, { slo }: RequestRecord): void {
    cell.offered++;
    if (slo !== undefined) this.#hasTargets = true;
  }

  #moveTo(seconds: number): void {
    for (;;) {
      const edge = this.#edge(this.#cells.length);
      this.#pass(Math.min(seconds, edge));
      if (seconds <= edge) return;
      this.#closeLatency();
      this.#cells.push(emptyCell());
      if (this.#cells.length > mostWindows) {
        throw new UserError(
          "windows of time",
          `${this.#windowSeconds} s makes more than ${mostWindows}`,
          "longer ones",
        );
      }
    }
  }

  /** Lets time pass within the current window. */
  #pass(toSeconds: number): void {
    const elapsed = toSeconds - this.#nowSeconds;
    if (elapsed <= 0) return;
    const cell = this.#cells.at(-1)!;
    const { sinceSeconds } = this.#oldest;
    cell.queueSeconds += this.#waiting * elapsed;
    cell.batchSeconds += this.#running * elapsed;
    if (sinceSeconds <= toSeconds) {
      cell.oldestWaitSeconds = Math.max(cell.oldestWaitSeconds, toSeconds - sinceSeconds);
    }
    this.#nowSeconds = toSeconds;
  }

  #closeLatency(): void {
    const cell = this.#cells.at(-1)!;
    cell.ttftP50Seconds = this.#ttftSeconds.quantile(0.5);
    cell.ttftP99Seconds = this.#ttftSeconds.quantile(0.99);
    this.#ttftSeconds = new Histogram();
  }

  #advance(event: Advance): void {
    const last = this.#windowOf(event.atSeconds);
    let window = Math.min(last, this.#windowOf(event.kvSinceSeconds));
    if (window === last) {
      this.#cells[last]!.outputTokens += event.decodedTokens;
      this.#cells[last]!.kvTokenSeconds += event.kvTokenSeconds;
    } else {
      const progress = new AdvanceProgress(event);
      let decodedTokens = 0;
      let kvTokenSeconds = 0;
      for (; window <= last; window++) {
        const instant = Math.min(event.atSeconds, this.#edge(window + 1));
        const cell = this.#cells[window]!;
        cell.outputTokens += progress.decodedTokensBy(instant) - decodedTokens;
        cell.kvTokenSeconds += progress.kvTokenSecondsBy(instant) - kvTokenSeconds;
        decodedTokens = progress.decodedTokensBy(instant);
        kvTokenSeconds = progress.kvTokenSecondsBy(instant);
      }
    }
    this.#cells[last]!.outputTokens += event.prefilled.length;
    for (const { firstTokenSeconds, arrivalSeconds } of event.prefilled) {
      if (firstTokenSeconds === event.atSeconds) this.#ttftSeconds.record(firstTokenSeconds - arrivalSeconds);
    }
  }

  #edge(window: number): number {
    return window * this.#windowSeconds;
  }

  /** The window of an instant; a quotient may be rounded to the wrong side of an edge, so the edges themselves decide. */
  #windowOf(instant: number): number {
    let window = Math.max(0, Math.ceil(instant / this.#windowSeconds) - 1);
    while (window > 0 && instant <= this.#edge(window)) window--;
    while (instant > this.#edge(window + 1)) window++;
    return window;
  }
}
