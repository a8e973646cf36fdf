import { connect, EMPTY, ignoreElements, lastValueFrom, map, merge, type Observable, of, tap, zip } from "rxjs";
import type { Pace } from "../kernel/pace.ts";
import { simulate } from "../kernel/simulate.ts";
import { clusterMeasurement } from "../observe/cluster-measurement.ts";
import { expertMeasurement } from "../observe/expert-measurement.ts";
import { type Measurement, measurement } from "../observe/measurement.ts";
import type { RunPlan } from "../scenario/run-plan.ts";
import type { ServingEvent } from "../serving/events.ts";
import { clusterReport } from "./cluster-report.ts";
import { expertsReport } from "./experts-report.ts";
import { type RunReport, runReport } from "./run-report.ts";

export interface RunOptions {
  readonly pace: Pace;
  /** Its first emission ends the run, which then reports what it has. */
  readonly stop$?: Observable<unknown>;
  /** Sees every event beside the report, such as a live view or a file; the run is over when it too has completed. */
  readonly beside?: (events$: Observable<ServingEvent>) => Observable<unknown>;
}

/** Runs a plan once. Rejects with what broke the run. */
export function run(plan: RunPlan, options: RunOptions): Promise<RunReport> {
  const { pace, stop$, beside = () => EMPTY } = options;
  let stopped = false;
  const events$ = simulate(plan.time, plan.model, {
    pace,
    ...(plan.horizonSeconds !== undefined && { horizonSeconds: plan.horizonSeconds }),
    ...(stop$ !== undefined && {
      stop$: stop$.pipe(
        tap(() => {
          stopped = true;
        }),
      ),
    }),
  });
  const report$ = events$.pipe(
    connect((shared$) =>
      merge(
        zip(shared$.pipe(measurement(plan.expectedRequests)), followed$(plan, shared$), clustered$(plan, shared$)).pipe(
          map(([measured, experts, cluster]) => {
            const ended = stopped ? "stopped" : isDrained(plan, measured) ? "drained" : "horizon";
            return { ...runReport(plan.scenario, plan.deployment, measured, ended), ...experts, ...cluster };
          }),
        ),
        beside(shared$).pipe(ignoreElements()),
      ),
    ),
  );
  return lastValueFrom(report$);
}

/** The report's part on experts, where there is one. */
function followed$({ deployment: { experts } }: RunPlan, events$: Observable<ServingEvent>) {
  if (experts === undefined) return of({});
  return events$.pipe(
    expertMeasurement(experts.forecasts),
    map((measured) => ({ experts: expertsReport(experts, measured) })),
  );
}

/** The report's part on pools and what goes between them, where there are several replicas. */
function clustered$({ deployment }: RunPlan, events$: Observable<ServingEvent>) {
  if (deployment.replicas === 1) return of({});
  const poolOf = deployment.pools.flatMap(({ replicas }, place) => replicas.map(() => place));
  return events$.pipe(
    clusterMeasurement(poolOf),
    map((measured) => ({ cluster: clusterReport(deployment, measured) })),
  );
}

/** Whether no request was left that might have come, or be served, had there been no horizon. */
function isDrained({ horizonSeconds, expectedRequests }: RunPlan, { total: { counts } }: Measurement): boolean {
  if (horizonSeconds === undefined) return true;
  return counts.offered === expectedRequests && counts.finished + counts.rejected === expectedRequests;
}
