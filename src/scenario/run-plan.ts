import { take } from "rxjs";
import { UserError } from "../core/errors.ts";
import { randomStreams } from "../core/random.ts";
import type { Model } from "../kernel/simulate.ts";
import { SimulatedTime } from "../kernel/simulated-time.ts";
import type { ServingEvent } from "../serving/events.ts";
import { policies } from "../serving/policies.ts";
import type { RequestSpec } from "../serving/request.ts";
import { type RequestSource, servingModel } from "../serving/serving-model.ts";
import { arrivals } from "../workload/arrivals.ts";
import { lengths } from "../workload/lengths.ts";
import type { TraceRow } from "../workload/traces/trace-format.ts";
import { type Deployment, deploymentOf } from "./deployment.ts";
import type { Scenario } from "./schema.ts";
import { readTrace, type TracePlaces } from "./trace-file.ts";

/** A scenario made ready to run once. */
export interface RunPlan {
  readonly scenario: Scenario;
  readonly deployment: Deployment;
  readonly time: SimulatedTime;
  readonly model: Model<ServingEvent>;
  readonly horizonSeconds: number | undefined;
  /** How many requests will arrive, where that is known. */
  readonly expectedRequests: number | undefined;
}

/** Builds everything that a run needs. Throws `UserError` for a trace that is missing or malformed, or a model that does not fit. */
export function runPlan(scenario: Scenario, places: TracePlaces = {}): RunPlan {
  const deployment = deploymentOf(scenario);
  const { run, workload } = scenario;
  const trace = workload.arrivals.process === "trace" ? workload.arrivals : undefined;
  if (trace === undefined && places.traceFile !== undefined) {
    throw new UserError(
      "--trace",
      `${scenario.name} does not replay a trace`,
      "a scenario with arrivals of process trace",
    );
  }
  const rows = trace === undefined ? undefined : readTrace(trace.format, trace.file, places);
  const time = new SimulatedTime();
  const model = servingModel({
    time,
    stepTime: deployment.stepTime,
    policy: policies.build(scenario.policy),
    kvCapacityTokens: deployment.kvCapacityTokens,
    kvBlockTokens: deployment.kvBlockTokens,
    mode: run.mode,
    requests: requestSource(scenario, rows),
  });
  const expected = Math.min(run.requests ?? Number.POSITIVE_INFINITY, rows?.length ?? Number.POSITIVE_INFINITY);
  const expectedRequests = Number.isFinite(expected) ? expected : undefined;
  return { scenario, deployment, time, model, horizonSeconds: run.horizon, expectedRequests };
}

function requestSource({ workload, run }: Scenario, rows: readonly TraceRow[] = []): RequestSource {
  const streams = randomStreams(run.seed);
  const process = arrivals.build(workload.arrivals);
  const prompt = workload.prompt && lengths.build(workload.prompt).sampler(streams("lengths/prompt"));
  const output = workload.output && lengths.build(workload.output).sampler(streams("lengths/output"));
  const draw = (): RequestSpec => ({ promptTokens: prompt!(), outputTokens: output!() });
  const random = streams("arrivals");
  return (time, ended$) => {
    const requests$ = process.arrivals({ time, ended$, random, draw, rows });
    return run.requests === undefined ? requests$ : requests$.pipe(take(run.requests));
  };
}
