import type { Frame } from "../observe/frames.ts";
import type { RunPlan } from "../scenario/run-plan.ts";

/** How many simulated seconds the run will take, as far as its plan alone tells. */
export function plannedSeconds({ horizonSeconds, expectedRequests, offeredRate }: RunPlan): number | undefined {
  if (expectedRequests === undefined) return horizonSeconds;
  // How long a closed loop takes shows only as it goes on.
  if (offeredRate === undefined) return undefined;
  return Math.min(expectedRequests / offeredRate, horizonSeconds ?? Number.POSITIVE_INFINITY);
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
