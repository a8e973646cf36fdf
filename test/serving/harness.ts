import { from, lastValueFrom, map, mergeMap, type Observable, timer, toArray } from "rxjs";

import { findAccelerator } from "../../src/bounds/accelerators.ts";
import { findArchitecture } from "../../src/bounds/architectures.ts";
import type { Layout } from "../../src/bounds/layout.ts";
import type { VisitStretch } from "../../src/bounds/step-run.ts";
import { type StepTimeModel, stepTimeModel } from "../../src/bounds/step-time.ts";
import { type Pace, synchronousPace } from "../../src/kernel/pace.ts";
import { simulate } from "../../src/kernel/simulate.ts";
import { SimulatedTime } from "../../src/kernel/simulated-time.ts";
import type { ServingEvent } from "../../src/serving/events.ts";
import { policies } from "../../src/serving/policies.ts";
import type { AdvanceMode } from "../../src/serving/replica.ts";
import type { RequestRecord } from "../../src/serving/request.ts";
import { type RequestSource, servingModel } from "../../src/serving/serving-model.ts";

/** A request that arrives at a given instant. */
export interface Job {
  readonly arrivalSeconds: number;
  readonly promptTokens: number;
  readonly outputTokens: number;
}

export interface Serving {
  readonly jobs?: readonly Job[];
  readonly requests?: RequestSource;
  readonly maxSequences?: number;
  readonly stages?: number;
  readonly kvCapacityTokens?: number;
  readonly kvBlockTokens?: number;
  readonly mode?: AdvanceMode;
  readonly horizonSeconds?: number;
  readonly pace?: Pace;
  readonly stop$?: Observable<unknown>;
  readonly stepTime?: StepTimeModel;
}

/** Llama 3 8B on as many H100s as there are stages. */
export function smallStepTime(stages = 1): StepTimeModel {
  const layout: Layout = { tensorParallel: "1d", tensorRanks: 1, pipelineStages: stages };
  return stepTimeModel(findArchitecture("llama-3-8b"), findAccelerator("h100"), layout);
}

/** Each job at its own instant, in the order given where instants are equal. */
function jobsAt(jobs: readonly Job[]): RequestSource {
  return (time) => from(jobs).pipe(mergeMap((job) => timer(job.arrivalSeconds, time).pipe(map(() => job))));
}

/** Serves some requests: every event as it is published. */
export function serving$(serving: Serving): Observable<ServingEvent> {
  const time = new SimulatedTime();
  const model = servingModel({
    time,
    stepTime: serving.stepTime ?? smallStepTime(serving.stages),
    policy: policies.build({ name: "continuous", maxSequences: serving.maxSequences ?? 1_000 }),
    kvCapacityTokens: serving.kvCapacityTokens ?? 1e9,
    kvBlockTokens: serving.kvBlockTokens ?? 1,
    mode: serving.mode ?? "leap",
    requests: serving.requests ?? jobsAt(serving.jobs ?? []),
  });
  const { pace = synchronousPace, horizonSeconds, stop$ } = serving;
  const options = { pace, ...(horizonSeconds !== undefined && { horizonSeconds }), ...(stop$ && { stop$ }) };
  return simulate(time, model, options);
}

/** Serves some requests and returns every event, its requests as they stood at the end; throws what the run throws. */
export function serve(serving: Serving): Promise<ServingEvent[]> {
  return lastValueFrom(serving$(serving).pipe(map(kept), toArray()));
}

/** An event to keep: a run is told by an object that is used again, so what it says of its steps is written down. */
function kept(event: ServingEvent): ServingEvent {
  if (event.kind !== "advance") return event;
  const { run, steps } = event;
  const stretches: Parameters<VisitStretch>[] = [];
  run.eachStretch(steps, (...stretch) => stretches.push(stretch));
  const [seconds, compute, memory, index] = [
    run.seconds(steps),
    run.computeSeconds(steps),
    run.memorySeconds(steps),
    run.indexSeconds(steps),
  ];
  return {
    ...event,
    run: {
      seconds: () => seconds,
      computeSeconds: () => compute,
      memorySeconds: () => memory,
      indexSeconds: () => index,
      eachStretch: (_, visit) => {
        for (const stretch of stretches) visit(...stretch);
      },
    },
  };
}

/** A copy of every request, as it stood at the end, in order of arrival. */
export function requestsOf(events: readonly ServingEvent[]): RequestRecord[] {
  return events.flatMap((event) => (event.kind === "arrival" || event.kind === "rejection" ? [event.request] : []));
}
