import { type Observable, Subject, type Subscription } from "rxjs";
import { InvariantError } from "../core/errors.ts";
import type { Model } from "../kernel/simulate.ts";
import type { SimulatedTime } from "../kernel/simulated-time.ts";
import type { Admission } from "./admission.ts";
import { Backlog } from "./backlog.ts";
import { Cluster, type ClusterOptions } from "./cluster.ts";
import type { ServingEvent } from "./events.ts";
import { firstComeFirstServed } from "./orders/fcfs.ts";
import { Replica, type ReplicaOptions } from "./replica.ts";
import { Request, type RequestRecord, type RequestSpec } from "./request.ts";
import type { StageUse } from "./stage-use.ts";

/** Where requests come from: one emission an arrival, at its instant; told of every request that ended. */
export type RequestSource = (time: SimulatedTime, ended$: Observable<RequestRecord>) => Observable<RequestSpec>;

/** Requests and what they meet before they wait. */
interface Intake {
  readonly requests: RequestSource;
  /** Lets all in where left out. */
  readonly admission?: Admission | undefined;
}

/** What whatever serves requests shares with the model around it. */
type Surroundings = Pick<ClusterOptions, "publish" | "backlog" | "finished">;

export type ServingModelOptions = Omit<ReplicaOptions, "index" | keyof Surroundings> & Intake;
export type ClusterModelOptions = Omit<ClusterOptions, keyof Surroundings> & Intake;

/** Requests that come from a source and are served by a replica: what the event loop runs. */
export function servingModel(options: ServingModelOptions): Model<ServingEvent> {
  return modelOf(options, (surroundings) => {
    const replica = new Replica({ ...options, index: 0, ...surroundings });
    return {
      refusal: (request) => replica.refusal(request),
      submit: (request) => replica.submit(request),
      settle: () => replica.settle(),
      stageUse: () => [replica.stageUse],
    };
  });
}

/** The same, served by several replicas. */
export function clusterModel(options: ClusterModelOptions): Model<ServingEvent> {
  return modelOf(options, (surroundings) => {
    const cluster = new Cluster({ ...options, ...surroundings });
    return {
      refusal: (request) => cluster.refusal(request),
      submit: (request) => cluster.submit(request),
      settle: () => cluster.settle(),
      stageUse: () => cluster.stageUse,
    };
  });
}

/** What serves requests. */
interface Server {
  /** Why it could not serve a request even alone; undefined where it could. */
  refusal(request: Request): string | undefined;
  submit(request: Request): void;
  settle(): void;
  /** By replica and stage. */
  stageUse(): readonly (readonly StageUse[])[];
}

function modelOf(
  { time, requests, admission, order = firstComeFirstServed }: Intake & Pick<ReplicaOptions, "time" | "order">,
  serve: (surroundings: Surroundings) => Server,
): Model<ServingEvent> {
  const { predictor } = order;
  const backlog = new Backlog();
  const ended$ = new Subject<RequestRecord>();
  let arrived = 0;
  let ended = 0;
  let lastEndSeconds = 0;
  let noneToCome = false;
  let server: Server;
  let publish: (event: ServingEvent) => void;

  function arrive(spec: RequestSpec): void {
    const request = new Request(arrived++, time.nowSeconds, spec);
    const system = { nowSeconds: time.nowSeconds, waiting: backlog.waiting };
    // Admission is asked last: it counts what it lets in.
    const reason = server.refusal(request) ?? admission?.(request, system);
    if (reason !== undefined) {
      publish({ kind: "rejection", atSeconds: time.nowSeconds, request, reason });
      leave(request, time.nowSeconds);
      return;
    }
    if (predictor !== undefined) request.predictedOutputTokens = predictor.predict(request);
    server.submit(request);
  }

  function finished(request: Request): void {
    predictor?.learn?.(request);
    leave(request, request.finishSeconds);
  }

  /** Sources only schedule as they are told, so that no request comes in the middle of a change. */
  function leave(request: Request, atSeconds: number): void {
    ended++;
    lastEndSeconds = atSeconds;
    if (ended$.observed) ended$.next(request);
  }

  return {
    start(toOutbox): Subscription {
      publish = toOutbox;
      server = serve({ publish, backlog, finished });
      return requests(time, ended$).subscribe({
        next: arrive,
        complete: () => {
          noneToCome = true;
        },
      });
    },
    end() {
      if (time.pending === 0 && arrived > ended) {
        throw new InvariantError(`requests left: ${arrived - ended}, and nothing is to come that could serve them`);
      }
      server.settle();
      // Once all that will come has been served the run is over, whatever the clock still passes through.
      const atSeconds = noneToCome && arrived === ended ? lastEndSeconds : time.nowSeconds;
      publish({ kind: "end", atSeconds, stages: server.stageUse() });
    },
  };
}
