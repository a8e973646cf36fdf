import type { Observable } from "rxjs";
import type { Pace } from "../kernel/pace.ts";
import { simulate } from "../kernel/simulate.ts";
import type { RunPlan } from "../scenario/run-plan.ts";
import type { ServingEvent } from "../serving/events.ts";

/** The events of a plan, which can be run once. */
export function planEvents({ time, model, horizonSeconds }: RunPlan, pace: Pace): Observable<ServingEvent> {
  return simulate(time, model, { pace, ...(horizonSeconds !== undefined && { horizonSeconds }) });
}
