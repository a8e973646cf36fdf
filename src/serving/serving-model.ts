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
  let replica: Replica;
  let publish: (event: ServingEvent) => void;
  return {
    start(toOutbox): Subscription {
      publish = (event) => {
        toOutbox(event);
        // Sources only schedule from here, so that no request comes in the middle of a change.
        if (ended$.observed && (event.kind === "finish" || event.kind === "rejection")) ended$.next(event.request);
      };
      replica = new Replica({ ...replicaOptions, index: 0, publish });
      return requests(time, ended$).subscribe((spec) => replica.submit(new Request(arrived++, time.nowSeconds, spec)));
    },
    end() {
      replica.settle();
      publish({ kind: "end", atSeconds: time.nowSeconds, stages: [replica.stageUse] });
    },
  };
}
