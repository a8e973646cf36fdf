import { Subject, take } from "rxjs";
import { randomStreams } from "../../../src/core/random.ts";
import { SimulatedTime } from "../../../src/kernel/simulated-time.ts";
import { Request, type RequestRecord, type RequestSpec } from "../../../src/serving/request.ts";
import { type ArrivalOptions, arrivals } from "../../../src/workload/arrivals.ts";
import type { TraceRow } from "../../../src/workload/traces/trace-format.ts";

export interface Arrived extends RequestSpec {
  readonly atSeconds: number;
}

export interface Watched {
  readonly requests: readonly Arrived[];
  /** Most and fewest requests in the system at any instant after the first. */
  readonly mostInSystem: number;
  readonly leastInSystem: number;
  readonly completed: boolean;
}

export interface Arriving {
  readonly seed?: number;
  readonly rows?: readonly TraceRow[];
  /** Takes only so many requests. */
  readonly limit?: number;
  readonly untilSeconds?: number;
  /** Ends each request so long after it arrived; without it none ends. */
  readonly serviceSeconds?: (request: RequestSpec) => number;
}

/** Lets requests arrive by themselves, numbered by their prompt lengths 1, 2, 3, …, each served at once and alone. */
export function arrive(options: ArrivalOptions, arriving: Arriving = {}): Watched {
  const { seed = 1, rows = [], limit = 1e9, untilSeconds = Number.POSITIVE_INFINITY, serviceSeconds } = arriving;
  const time = new SimulatedTime();
  const ended$ = new Subject<RequestRecord>();
  const requests: Arrived[] = [];
  const inSystem = { now: 0, most: 0, least: Number.POSITIVE_INFINITY };
  let completed = false;
  let drawn = 0;
  const draw = () => ({ promptTokens: ++drawn, outputTokens: 1 });
  const context = { time, ended$, rows, draw, random: randomStreams(seed)("arrivals") };
  arrivals
    .build(options)
    .arrivals(context)
    .pipe(take(limit))
    .subscribe({
      next: (spec) => {
        const request = new Request(requests.length, time.nowSeconds, spec);
        requests.push({ ...spec, atSeconds: time.nowSeconds });
        inSystem.now++;
        if (serviceSeconds === undefined) return;
        const end = () => {
          request.finishSeconds = time.nowSeconds;
          inSystem.now--;
          ended$.next(request);
        };
        time.after(serviceSeconds(spec), 0, { fire: end });
      },
      complete: () => {
        completed = true;
      },
    });
  while (time.nextSeconds <= untilSeconds && time.pending > 0) {
    const instant = time.nextSeconds;
    while (time.nextSeconds === instant) time.step();
    inSystem.most = Math.max(inSystem.most, inSystem.now);
    inSystem.least = Math.min(inSystem.least, inSystem.now);
  }
  return { requests, mostInSystem: inSystem.most, leastInSystem: inSystem.least, completed };
}
