import type { RequestHistory } from "../observe/request-history.ts";
import { mserWarmUp } from "../theory/statistics/warm-up.ts";

/** What is left out of every run of a scenario. */
export interface Cut {
  /** Arrivals at the start: the warm-up; half of them at most. */
  readonly arrivals: number;
  /** Seconds before the last arrival: whoever comes then may still be there when nobody comes any more. */
  readonly drainSeconds: number;
  /** False where the runs are too short to tell their warm-up from the rest. */
  readonly settled: boolean;
}

/** What a run says of where to cut others. */
export interface Pilot {
  /** Requests in the system just after each arrival, and how long each stayed. */
  readonly present: Float64Array;
  readonly sojournSeconds: Float64Array;
  readonly longestSojournSeconds: number;
}

/** The part of a run that stands for its long run: arrivals from one to before another. */
export interface SteadyWindow {
  readonly history: RequestHistory;
  /** The first arrival that counts, and the first that no longer does. */
  readonly from: number;
  readonly to: number;
  readonly settled: boolean;
}

export function pilotOf({ present, sojournSeconds }: RequestHistory): Pilot {
  let longestSojournSeconds = 0;
  for (const sojourn of sojournSeconds) {
    if (sojourn < Number.POSITIVE_INFINITY) longestSojournSeconds = Math.max(longestSojournSeconds, sojourn);
  }
  return { present, sojournSeconds, longestSojournSeconds };
}

/**
 * Where to cut the runs of a scenario: the warm-up by MSER-5 on means over pilot runs (Welch 1983 averages so), of the requests found
 * present and of their sojourns, whichever says later: users of a closed loop are all present from the start. The drain is the longest
 * sojourn seen. A run that were cut by itself would lose its own crowded start: what is left of it would be too good.
 */
export function cutOf(pilots: readonly Pilot[]): Cut {
  const byPresent = mserWarmUp(meanOf(pilots.map(({ present }) => present)));
  const bySojourn = mserWarmUp(meanOf(pilots.map(({ sojournSeconds }) => sojournSeconds)));
  return {
    arrivals: Math.max(byPresent.observations, bySojourn.observations),
    drainSeconds: Math.max(...pilots.map(({ longestSojournSeconds }) => longestSojournSeconds)),
    settled: byPresent.settled && bySojourn.settled,
  };
}

/** The mean of several series, as far as all go. */
function meanOf(series: readonly Float64Array[]): Float64Array {
  const mean = new Float64Array(Math.min(...series.map(({ length }) => length)));
  for (const values of series) {
    for (let place = 0; place < mean.length; place++) mean[place]! += values[place]! / series.length;
  }
  return mean;
}

/**
 * Leaves out the warm-up, and the last arrivals: as many as came within the drain before the last of them. The others have lived among
 * arrivals as all do in the long run. Where time was up before all were served, the longest sojourn of this run counts too: those
 * that were not served were never served then, not merely cut off. At least half of the arrivals after the warm-up are kept.
 */
export function steadyWindow(history: RequestHistory, cut: Cut = cutOf([pilotOf(history)])): SteadyWindow {
  const { arrivalSeconds, books } = history;
  const isCutOff = books.waiting + books.running > 0;
  const from = Math.min(cut.arrivals, Math.floor(arrivalSeconds.length / 2));
  const drainSeconds = isCutOff ? Math.max(cut.drainSeconds, pilotOf(history).longestSojournSeconds) : cut.drainSeconds;
  const before = arrivalsUntil(arrivalSeconds, arrivalSeconds.at(-1)! - drainSeconds);
  const least = from + Math.ceil((arrivalSeconds.length - from) / 2);
  return { history, from, to: Math.max(before, least), settled: cut.settled && before >= least };
}

function arrivalsUntil(ascending: Float64Array, instant: number): number {
  let count = ascending.length;
  while (count > 0 && ascending[count - 1]! > instant) count--;
  return count;
}
