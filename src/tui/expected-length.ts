import type { Frame } from "../observe/frames.ts";
import type { RunPlan } from "../scenario/run-plan.ts";

/** How many simulated seconds the run will take, as far as its plan alone tells. */
export function plannedSeconds({ scenario, horizonSeconds, expectedRequests }: RunPlan): number | undefined {
  const { arrivals } = scenario.workload;
  if (expectedRequests === undefined) return horizonSeconds;
  // How long a trace or a closed loop takes shows only as it goes on.
  if (arrivals.process !== "poisson") return undefined;
  return Math.min(expectedRequests / arrivals.rate, horizonSeconds ?? Number.POSITIVE_INFINITY);
}

/** The part of the run that is done: of its requests or of its time, whichever is further. */
export function shareDone({ horizonSeconds, expectedRequests }: RunPlan, frame: Frame): number | undefined {
  const { finished, rejected } = frame.measurement.total.counts;
  const shares = [
    ...(horizonSeconds === undefined ? [] : [frame.atSeconds / horizonSeconds]),
    ...(expectedRequests === undefined ? [] : [(finished + rejected) / expectedRequests]),
  ];
  return shares.length === 0 ? undefined : Math.min(1, Math.max(...shares));
}
