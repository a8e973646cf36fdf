import { type Observable, Subject, type Subscription } from "rxjs";
import type { Model } from "../kernel/simulate.ts";
import type { SimulatedTime } from "../kernel/simulated-time.ts";
import { Cluster, type ClusterOptions } from "./cluster.ts";
import type { ServingEvent } from "./events.ts";
import type { StageUse } from "./pipeline.ts";
import { Replica, type ReplicaOptions } from "./replica.ts";
import { Request, type RequestRecord, type RequestSpec } from "./request.ts";

/** Where requests come from: one emission an arrival, at its instant; told of every request that ended. */
export type RequestSource = (time: SimulatedTime, ended$: Observable<RequestRecord>) => Observable<RequestSpec>;

export type ServingModelOptions = Omit<ReplicaOptions, "index" | "publish"> & { readonly requests: RequestSource };
export type ClusterModelOptions = Omit<ClusterOptions, "publish"> & { readonly requests: RequestSource };

/** Requests that come from a source and are served by a replica: what the event loop runs. */
export function servingModel(options: ServingModelOptions): Model<ServingEvent> {
  const { requests, ...replicaOptions } = options;
  return modelOf(options.time, requests, (publish) => {
    const replica = new Replica({ ...replicaOptions, index: 0, publish });
    return {
      submit: (request) => replica.submit(request),
      settle: () => replica.settle(),
      stageUse: () => [replica.stageUse],
    };
  });
}

/** The same, served by several replicas. */
export function clusterModel(options: ClusterModelOptions): Model<ServingEvent> {
  const { requests, ...clusterOptions } = options;
  return modelOf(options.time, requests, (publish) => {
    const cluster = new Cluster({ ...clusterOptions, publish });
    return {
      submit: (request) => cluster.submit(request),
      settle: () => cluster.settle(),
      stageUse: () => cluster.stageUse,
    };
  });
}

/** What serves requests. */
interface Server {
  submit(request: Request): void;
  settle(): void;
  /** By replica and stage. */
  stageUse(): readonly (readonly StageUse[])[];
}

function modelOf(
  time: SimulatedTime,
  requests: RequestSource,
  serve: (publish: (event: ServingEvent) => void) => Server,
): Model<ServingEvent> {
  const ended$ = new Subject<RequestRecord>();
  let arrived = 0;
  let ended = 0;
  let lastEndSeconds = 0;
  let noneToCome = false;
  let server: Server;
  let publish: (event: ServingEvent) => void;
  return {
    start(toOutbox): Subscription {
      publish = (event) => {
        toOutbox(event);
        if (event.kind !== "finish" && event.kind !== "rejection") return;
        ended++;
        lastEndSeconds = event.atSeconds;
        // Sources only schedule from here, so that no request comes in the middle of a change.
        if (ended$.observed) ended$.next(event.request);
      };
      server = serve(publish);
      return requests(time, ended$).subscribe({
        next: (spec) => server.submit(new Request(arrived++, time.nowSeconds, spec)),
        complete: () => {
          noneToCome = true;
        },
      });
    },
    end() {
      server.settle();
      // Once all that will come has been served the run is over, whatever the clock still passes through.
      const atSeconds = noneToCome && arrived === ended ? lastEndSeconds : time.nowSeconds;
      publish({ kind: "end", atSeconds, stages: server.stageUse() });
    },
  };
}
