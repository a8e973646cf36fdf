import { from, lastValueFrom, map, mergeMap, type Observable, timer, toArray } from "rxjs";

import { findAccelerator } from "../../src/bounds/accelerators.ts";
import { findArchitecture } from "../../src/bounds/architectures.ts";
import type { Layout } from "../../src/bounds/layout.ts";
import { splitStepTime } from "../../src/bounds/split-step-time.ts";
import type { VisitStretch } from "../../src/bounds/step-run.ts";
import { type StepTimeModel, stepTimeModel } from "../../src/bounds/step-time.ts";
import { randomStreams } from "../../src/core/random.ts";
import { type Pace, synchronousPace } from "../../src/kernel/pace.ts";
import { type Model, simulate } from "../../src/kernel/simulate.ts";
import { SimulatedTime } from "../../src/kernel/simulated-time.ts";
import { type AdmissionOptions, admissions } from "../../src/serving/admissions.ts";
import type { Drafting } from "../../src/serving/drafting.ts";
import type { ServingEvent } from "../../src/serving/events.ts";
import { kvAllocations } from "../../src/serving/kv-allocation.ts";
import type { KvCacheOptions } from "../../src/serving/kv-cache.ts";
import { type OrderOptions, orders } from "../../src/serving/orders.ts";
import { type PolicyOptions, policies } from "../../src/serving/policies.ts";
import type { BatchingPolicy } from "../../src/serving/policy.ts";
import type { AdvanceMode } from "../../src/serving/replica.ts";
import type { RequestRecord, RequestSpec } from "../../src/serving/request.ts";
import { type RequestSource, servingModel } from "../../src/serving/serving-model.ts";
import type { SwapSpaceOptions } from "../../src/serving/swap.ts";

/** A request that arrives at a given instant. */
export interface Job extends RequestSpec {
  readonly arrivalSeconds: number;
  readonly promptTokens: number;
  readonly outputTokens: number;
  readonly prefixHashes?: readonly number[] | undefined;
}

export interface Serving {
  readonly jobs?: readonly Job[];
  readonly requests?: RequestSource;
  readonly maxSequences?: number;
  /** Options beside maxSequences; continuous where left out. */
  readonly policy?: Readonly<Record<string, unknown>>;
  /** In place of one of those that there are. */
  readonly ownPolicy?: BatchingPolicy;
  readonly order?: OrderOptions;
  readonly admission?: AdmissionOptions;
  readonly swap?: SwapSpaceOptions;
  readonly drafting?: Drafting;
  readonly stages?: number;
  readonly cut?: StageCut;
  readonly kvCapacityTokens?: number;
  readonly kvBlockTokens?: number;
  readonly kvCache?: Partial<KvCacheOptions>;
  readonly mode?: AdvanceMode;
  readonly horizonSeconds?: number;
  readonly pace?: Pace;
  readonly stop$?: Observable<unknown>;
  readonly stepTime?: StepTimeModel;
}

/** Stages of equal layers, or the first and the last heavier than those between, or steps that are split over equal ones. */
export type StageCut = "even" | "uneven" | "split";

/** Layers of stages, by their number. */
const unevenLayers = [[32], [20, 12], [12, 6, 14], [10, 6, 5, 11]];

/** Llama 3 8B on as many H100s as there are stages. */
export function smallStepTime(stages = 1, cut: StageCut = "even"): StepTimeModel {
  const stageLayers = unevenLayers[stages - 1]!;
  const layout: Layout = {
    tensorParallel: "1d",
    tensorRanks: 1,
    pipelineStages: stages,
    ...(cut === "uneven" && { stageLayers }),
  };
  const model = stepTimeModel(findArchitecture("llama-3-8b"), findAccelerator("h100"), layout);
  return cut === "split" && stages > 1 ? splitStepTime(model) : model;
}

/** Each job at its own instant, in the order given where instants are equal. */
export function jobsAt(jobs: readonly Job[]): RequestSource {
  return (time) => from(jobs).pipe(mergeMap((job) => timer(job.arrivalSeconds, time).pipe(map(() => job))));
}

/** One that grows, without watermark or sharing, unless said otherwise. */
export function kvCacheOf({ kvCapacityTokens = 1e9, kvBlockTokens = 1, kvCache }: Serving): KvCacheOptions {
  return {
    capacityTokens: kvCapacityTokens,
    blockTokens: kvBlockTokens,
    watermark: 0,
    allocation: kvAllocations.build({ name: "growth" }),
    prefixSharing: false,
    ...kvCache,
  };
}

/** Serves some requests: every event as it is published. */
export function serving$(serving: Serving): Observable<ServingEvent> {
  const time = new SimulatedTime();
  const model = servingModel({
    time,
    stepTime: serving.stepTime ?? smallStepTime(serving.stages, serving.cut),
    policy: serving.ownPolicy ?? policies.build(policyOptions(serving)),
    drafting: serving.drafting,
    ...(serving.order && { order: orders.build(serving.order)(randomStreams(1)) }),
    ...(serving.admission && { admission: admissions.build(serving.admission) }),
    swap: serving.swap,
    kvCache: kvCacheOf(serving),
    mode: serving.mode ?? "leap",
    requests: serving.requests ?? jobsAt(serving.jobs ?? []),
  });
  return events$(time, model, serving);
}

function policyOptions({ maxSequences = 1_000, policy }: Serving): PolicyOptions {
  return { name: "continuous", maxSequences, ...policy } as PolicyOptions;
}

function events$(
  time: SimulatedTime,
  model: Model<ServingEvent>,
  { pace = synchronousPace, horizonSeconds, stop$ }: Pick<Serving, "pace" | "horizonSeconds" | "stop$">,
): Observable<ServingEvent> {
  const options = { pace, ...(horizonSeconds !== undefined && { horizonSeconds }), ...(stop$ && { stop$ }) };
  return simulate(time, model, options);
}

/** Every event of a run, its requests as they stood at the end. */
export function eventsOf(
  time: SimulatedTime,
  model: Model<ServingEvent>,
  serving: Pick<Serving, "pace" | "horizonSeconds" | "stop$">,
): Promise<ServingEvent[]> {
  return lastValueFrom(events$(time, model, serving).pipe(map(kept), toArray()));
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
  const [seconds, compute, memory, firstStage, firstWait, index] = [
    run.seconds(steps),
    run.computeSeconds(steps),
    run.memorySeconds(steps),
    run.firstStageSeconds(Math.max(1, steps)),
    run.stageWaitSeconds(0, steps),
    run.indexSeconds(steps),
  ];
  return {
    ...event,
    run: {
      ...(run.step !== undefined && { step: run.step }),
      seconds: () => seconds,
      computeSeconds: () => compute,
      memorySeconds: () => memory,
      firstStageSeconds: (asked) => (asked === 0 ? 0 : firstStage),
      stageWaitSeconds: () => firstWait,
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
