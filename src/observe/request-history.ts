import { Column } from "../core/column.ts";
import type { Advance, ServingEvent } from "../serving/events.ts";
import type { RequestRecord } from "../serving/request.ts";
import { type Fold, probe } from "./probe.ts";
import { meets } from "./service-level.ts";

/** Running totals of a run as they stood at each arrival, warm-up and all. */
export interface Totals {
  /** In seconds: ∫ requests waiting · dt of one queue, and of one replica ∫ requests running · dt and time in which any ran. */
  readonly queueSeconds: Float64Array;
  readonly batchSeconds: Float64Array;
  readonly busySeconds: Float64Array;
  /** Requests that had finished. */
  readonly finished: Float64Array;
  /** Output tokens emitted by the steps that had ended, and the instant at which the last of these had. */
  readonly outputTokens: Float64Array;
  readonly landedSeconds: Float64Array;
}

/** What two independent books of a run say of the same thing, for the laws that hold of every run. */
export interface Books {
  /** ∫ requests present · dt by the replica's own numbers, and Σ sojourns by the requests' own instants. */
  readonly presentSeconds: number;
  readonly sojournSeconds: number;
  /** Computing time of the first stage by the pipeline, and Σ of what its steps took. */
  readonly busySeconds: number;
  readonly serviceSeconds: number;
  readonly offered: number;
  readonly finished: number;
  readonly rejected: number;
  /** Found waiting, and found running, at the end. */
  readonly waiting: number;
  readonly running: number;
}

/** What became of every request of a run, in order of arrival. What never came is Infinity. */
export interface RequestHistory {
  readonly arrivalSeconds: Float64Array;
  /** From the arrival to the first step, to the first token, to the last token. */
  readonly waitSeconds: Float64Array;
  readonly firstTokenSeconds: Float64Array;
  readonly sojournSeconds: Float64Array;
  readonly promptTokens: Float64Array;
  readonly outputTokens: Float64Array;
  /** 1 where all that was promised was kept, 0 where it was not, NaN where nothing was promised. */
  readonly kept: Float64Array;
  /** Requests in the system just after the arrival, itself included. */
  readonly present: Float64Array;
  readonly totals: Totals;
  readonly books: Books;
  readonly endSeconds: number;
}

/** How many there are of what totals speak of one of. */
export interface Served {
  readonly replicas: number;
  /** Queues in which requests wait: one for each replica, or one that they share. */
  readonly queues: number;
}

/** Follows every request of a run. */
export const requestHistory = (served: Served = { replicas: 1, queues: 1 }) => probe(() => new Following(served));

const totalNames = [
  "queueSeconds",
  "batchSeconds",
  "busySeconds",
  "finished",
  "outputTokens",
  "landedSeconds",
] as const satisfies readonly (keyof Totals)[];

const columnNames = [
  "arrivalSeconds",
  "waitSeconds",
  "firstTokenSeconds",
  "sojournSeconds",
  "promptTokens",
  "outputTokens",
  "kept",
  "present",
] as const satisfies readonly (keyof RequestHistory)[];

const { POSITIVE_INFINITY: never } = Number;

class Following implements Fold<RequestHistory> {
  readonly #columns = columnsOf(columnNames);
  readonly #totals = columnsOf(totalNames);
  /** By number; those that have left are let go. */
  readonly #requests: (RequestRecord | undefined)[] = [];
  readonly #served: Served;
  #nowSeconds = 0;
  #queueSeconds = 0;
  #batchSeconds = 0;
  #busySeconds = 0;
  #outputTokens = 0;
  #landedSeconds = 0;
  #waiting = 0;
  #running = 0;
  /** By replica, and how many of them any run at. */
  readonly #runningAt: number[];
  #busyReplicas = 0;
  #offered = 0;
  #finished = 0;
  #rejected = 0;
  #sojournSeconds = 0;
  #serviceSeconds = 0;
  #stageSeconds = 0;

  constructor(served: Served) {
    this.#served = served;
    this.#runningAt = new Array<number>(served.replicas).fill(0);
  }

  on(event: ServingEvent): void {
    if (event.kind !== "advance") this.#moveTo(event.atSeconds);
    switch (event.kind) {
      case "arrival":
        this.#waiting = event.waiting;
        this.#note(event.request);
        this.#requests[event.request.id] = event.request;
        break;
      case "rejection":
        this.#rejected++;
        this.#note(event.request);
        break;
      case "dispatch":
        this.#waiting = event.waiting;
        this.#run(event.replica, event.admitted.length);
        break;
      case "preemption":
        // The dispatch that follows at the same instant tells of the queue.
        this.#run(event.replica, -1);
        break;
      case "handoff":
        this.#waiting = event.waiting;
        this.#run(event.replica, -1);
        break;
      case "advance":
        this.#serviceSeconds += firstStageSeconds(event);
        this.#outputTokens += event.decodedTokens + event.prefilled.length;
        this.#landedSeconds = event.atSeconds;
        break;
      case "finish":
        this.#run(event.replica, -1);
        this.#finished++;
        this.#requests[event.request.id] = undefined;
        this.#sojournSeconds += event.request.finishSeconds - event.request.arrivalSeconds;
        this.#tell(event.request);
        if (event.request.slo !== undefined)
          this.#columns.kept.set(event.request.id, meets(event.request.slo, event.request) ? 1 : 0);
        break;
      case "end":
        this.#stageSeconds = event.stages.reduce((sum, [first]) => sum + first!.computeSeconds, 0);
        break;
    }
  }

  result(): RequestHistory {
    let leftSeconds = 0;
    for (const request of this.#requests) {
      if (request === undefined) continue;
      this.#tell(request);
      leftSeconds += this.#nowSeconds - request.arrivalSeconds;
    }
    return {
      ...arraysOf(this.#columns),
      totals: arraysOf(this.#totals),
      books: {
        presentSeconds: this.#queueSeconds + this.#batchSeconds,
        // What was turned away was never present; what is left at the end is cut off there.
        sojournSeconds: this.#sojournSeconds + leftSeconds,
        busySeconds: this.#stageSeconds,
        serviceSeconds: this.#serviceSeconds,
        offered: this.#offered,
        finished: this.#finished,
        rejected: this.#rejected,
        waiting: this.#waiting,
        running: this.#running,
      },
      endSeconds: this.#nowSeconds,
    };
  }

  /** A request has come, and is not served yet. */
  #note({ arrivalSeconds, promptTokens, outputTokens, slo }: RequestRecord): void {
    this.#offered++;
    const columns = this.#columns;
    columns.arrivalSeconds.push(arrivalSeconds);
    columns.waitSeconds.push(never);
    columns.firstTokenSeconds.push(never);
    columns.sojournSeconds.push(never);
    columns.promptTokens.push(promptTokens);
    columns.outputTokens.push(outputTokens);
    columns.kept.push(slo === undefined ? Number.NaN : 0);
    columns.present.push(this.#waiting + this.#running);
    const { replicas, queues } = this.#served;
    const totals = this.#totals;
    totals.queueSeconds.push(this.#queueSeconds / queues);
    totals.batchSeconds.push(this.#batchSeconds / replicas);
    totals.busySeconds.push(this.#busySeconds / replicas);
    totals.finished.push(this.#finished);
    totals.outputTokens.push(this.#outputTokens);
    totals.landedSeconds.push(this.#landedSeconds);
  }

  /** What became of a request. */
  #tell({ id, arrivalSeconds, admittedSeconds, firstTokenSeconds, finishSeconds }: RequestRecord): void {
    this.#columns.waitSeconds.set(id, sinceArrival(admittedSeconds, arrivalSeconds));
    this.#columns.firstTokenSeconds.set(id, sinceArrival(firstTokenSeconds, arrivalSeconds));
    this.#columns.sojournSeconds.set(id, sinceArrival(finishSeconds, arrivalSeconds));
  }

  #run(replica: number, more: number): void {
    const before = this.#runningAt[replica] ?? 0;
    const after = before + more;
    this.#runningAt[replica] = after;
    this.#running += more;
    this.#busyReplicas += (after > 0 ? 1 : 0) - (before > 0 ? 1 : 0);
  }

  #moveTo(seconds: number): void {
    const elapsed = seconds - this.#nowSeconds;
    if (elapsed <= 0) return;
    this.#queueSeconds += this.#waiting * elapsed;
    this.#batchSeconds += this.#running * elapsed;
    this.#busySeconds += this.#busyReplicas * elapsed;
    this.#nowSeconds = seconds;
  }
}

function sinceArrival(instant: number, arrivalSeconds: number): number {
  return Number.isNaN(instant) ? never : instant - arrivalSeconds;
}

/** What the first stage spent on steps: all of their time where there is but one stage. */
function firstStageSeconds({ run, steps, startSeconds, atSeconds }: Advance): number {
  return steps > 0 ? run.firstStageSeconds(steps) : Math.min(atSeconds - startSeconds, run.firstStageSeconds(1));
}

function columnsOf<Name extends string>(names: readonly Name[]): Record<Name, Column> {
  return Object.fromEntries(names.map((name) => [name, new Column()])) as Record<Name, Column>;
}

function arraysOf<Name extends string>(columns: Record<Name, Column>): Record<Name, Float64Array> {
  return Object.fromEntries(
    Object.entries<Column>(columns).map(([name, column]) => [name, column.toArray()]),
  ) as Record<Name, Float64Array>;
}
