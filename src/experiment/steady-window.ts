import type { RequestHistory } from "../observe/request-history.ts";
import { mserWarmUp } from "../theory/statistics/warm-up.ts";

/** The part of a run that stands for its long run: arrivals from one to before another. */
export interface SteadyWindow {
  readonly history: RequestHistory;
  /** The first arrival that counts, and the first that no longer does. */
  readonly from: number;
  readonly to: number;
  /** False where the run is too short to tell its warm-up from the rest. */
  readonly settled: boolean;
}

/**
 * Leaves out the warm-up, by MSER-5 on the requests found present by arrivals, and the drain: the last arrivals, as many as came
 * within the longest sojourn seen of the last one, or of the instant at which time was up. The others have lived among arrivals as
 * all do in the long run, and those of them that were not served were never served, not merely cut off.
 */
export function steadyWindow(history: RequestHistory): SteadyWindow {
  const { arrivalSeconds, present } = history;
  const before = beforeDrain(history);
  const half = Math.ceil(arrivalSeconds.length / 2);
  const to = Math.max(before, half);
  const { observations, settled } = mserWarmUp(present.subarray(0, to));
  return { history, from: observations, to, settled: settled && before >= half };
}

function beforeDrain({ arrivalSeconds, sojournSeconds }: RequestHistory): number {
  let longest = 0;
  for (const sojourn of sojournSeconds) if (sojourn < Number.POSITIVE_INFINITY) longest = Math.max(longest, sojourn);
  const drainSeconds = arrivalSeconds.at(-1)! - longest;
  const after = arrivalSeconds.findIndex((instant) => instant > drainSeconds);
  return after === -1 ? arrivalSeconds.length : after;
}
