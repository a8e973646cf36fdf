import type { Advance, ServingEvent } from "../serving/events.ts";
import type { RequestRecord } from "../serving/request.ts";
import { type Fold, probe } from "./probe.ts";

/** Running totals of a run as they stood at each arrival, warm-up and all. */
export interface Totals {
  /** In seconds: ∫ requests waiting · dt of one queue, and of one replica ∫ requests running · dt and time in which any ran. */
  readonly queueSeconds: Float64Array;
  readonly batchSeconds: Float64Array;
  readonly busySeconds: Float64Array;
  /** Requests that had finished, and their output tokens. */
  readonly finished: Float64Array;
  readonly finishedTokens: Float64Array;
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

/** What became of every request of a run, in order of arrival. What never came is Infinity, what has no meaning NaN. */
export interface RequestHistory {
  readonly arrivalSeconds: Float64Array;
  readonly waitSeconds: Float64Array;
  readonly firstTokenSeconds: Float64Array;
  readonly sojournSeconds: Float64Array;
  readonly outputTokens: Float64Array;
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

const totalNames = ["queueSeconds", "batchSeconds", "busySeconds", "finished", "finishedTokens"] as const;

class Following implements Fold<RequestHistory> {
  readonly #requests: RequestRecord[] = [];
  readonly #present: number[] = [];
  readonly #totals = Object.fromEntries(totalNames.map((name) => [name, [] as number[]])) as Record<
    (typeof totalNames)[number],
    number[]
  >;
  readonly #sums = { queueSeconds: 0, batchSeconds: 0, busySeconds: 0, finished: 0, finishedTokens: 0 };
  readonly #served: Served;
  #nowSeconds = 0;
  #waiting = 0;
  #running = 0;
  /** By replica, and how many of them any run at. */
  readonly #runningAt: number[];
  #busyReplicas = 0;
  readonly #rejected = new Set<RequestRecord>();
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
        break;
      case "rejection":
        this.#rejected.add(event.request);
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
        break;
      case "finish":
        this.#run(event.replica, -1);
        this.#sums.finished++;
        this.#sums.finishedTokens += event.request.outputTokens;
        break;
      case "end":
        this.#stageSeconds = event.stages.reduce((sum, [first]) => sum + first!.computeSeconds, 0);
        break;
    }
  }

  result(): RequestHistory {
    const requests = this.#requests;
    const sinceArrival = (instant: (request: RequestRecord) => number) =>
      Float64Array.from(requests, (request) => {
        const seconds = instant(request) - request.arrivalSeconds;
        return Number.isNaN(seconds) ? Number.POSITIVE_INFINITY : seconds;
      });
    const sojournSeconds = sinceArrival(({ finishSeconds }) => finishSeconds);
    return {
      arrivalSeconds: Float64Array.from(requests, ({ arrivalSeconds }) => arrivalSeconds),
      waitSeconds: sinceArrival(({ admittedSeconds }) => admittedSeconds),
      firstTokenSeconds: sinceArrival(({ firstTokenSeconds }) => firstTokenSeconds),
      sojournSeconds,
      outputTokens: Float64Array.from(requests, ({ outputTokens }) => outputTokens),
      present: Float64Array.from(this.#present),
      totals: Object.fromEntries(totalNames.map((name) => [name, Float64Array.from(this.#totals[name])])) as never,
      books: this.#books(sojournSeconds),
      endSeconds: this.#nowSeconds,
    };
  }

  #books(sojourns: Float64Array): Books {
    const { queueSeconds, batchSeconds, finished } = this.#sums;
    // What was turned away was never present; what is left at the end is cut off there.
    const leftAfter = (request: RequestRecord, index: number) =>
      sojourns[index]! < Number.POSITIVE_INFINITY ? sojourns[index]! : this.#nowSeconds - request.arrivalSeconds;
    return {
      presentSeconds: queueSeconds + batchSeconds,
      sojournSeconds: this.#requests.reduce(
        (sum, request, index) => sum + (this.#rejected.has(request) ? 0 : leftAfter(request, index)),
        0,
      ),
      busySeconds: this.#stageSeconds,
      serviceSeconds: this.#serviceSeconds,
      offered: this.#requests.length,
      finished,
      rejected: this.#rejected.size,
      waiting: this.#waiting,
      running: this.#running,
    };
  }

  #note(request: RequestRecord): void {
    this.#requests.push(request);
    this.#present.push(this.#waiting + this.#running);
    const { replicas, queues } = this.#served;
    const { queueSeconds, batchSeconds, busySeconds } = this.#sums;
    const ofOne = {
      ...this.#sums,
      queueSeconds: queueSeconds / queues,
      batchSeconds: batchSeconds / replicas,
      busySeconds: busySeconds / replicas,
    };
    for (const name of totalNames) this.#totals[name].push(ofOne[name]);
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
    this.#sums.queueSeconds += this.#waiting * elapsed;
    this.#sums.batchSeconds += this.#running * elapsed;
    this.#sums.busySeconds += this.#busyReplicas * elapsed;
    this.#nowSeconds = seconds;
  }
}

/** What the first stage spent on steps: all of their time where there is but one stage. */
function firstStageSeconds({ run, steps, startSeconds, atSeconds }: Advance): number {
  return steps > 0 ? run.firstStageSeconds(steps) : Math.min(atSeconds - startSeconds, run.firstStageSeconds(1));
}
