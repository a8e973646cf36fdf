import { type Observable, Subject, type Subscription } from "rxjs";
import type { Model } from "../kernel/simulate.ts";
import type { SimulatedTime } from "../kernel/simulated-time.ts";
import type { ServingEvent } from "./events.ts";
import { Replica, type ReplicaOptions } from "./replica.ts";
import { Request, type RequestRecord, type RequestSpec } from "./request.ts";

/** Where requests come from: one emission an arrival, at its instant; told of every request that ended. */
export type RequestSource = (time: SimulatedTime, ended$: Observable<RequestRecord>) => Observable<RequestSpec>;

export type ServingModelOptions = Omit<ReplicaOptions, "index" | "publish"> & { readonly requests: RequestSource };

/** Requests that come from a source and are served by a replica: what the event loop runs. */
export function servingModel(options: ServingModelOptions): Model<ServingEvent> {
  const { requests, ...replicaOptions } = options;
  const { time } = options;
  const ended$ = new Subject<RequestRecord>();
  let arrived = 0;
  let ended = 0;
  let lastEndSeconds = 0;
  let noneToCome = false;
  let replica: Replica;
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
      replica = new Replica({ ...replicaOptions, index: 0, publish });
      return requests(time, ended$).subscribe({
        next: (spec) => replica.submit(new Request(arrived++, time.nowSeconds, spec)),
        complete: () => {
          noneToCome = true;
        },
      });
    },
    end() {
      replica.settle();
      // Once all that will come has been served the run is over, whatever the clock still passes through.
      const atSeconds = noneToCome && arrived === ended ? lastEndSeconds : time.nowSeconds;
      publish({ kind: "end", atSeconds, stages: [replica.stageUse] });
    },
  };
}
