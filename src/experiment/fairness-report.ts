import type { RequestTally } from "../observe/request-tally.ts";
import type { Tally } from "../observe/tally.ts";
import { type Estimate, estimate, finite, type Measured } from "./estimate.ts";

/**
 * How evenly service was given, by Jain's index (Jain, Chiu and Hawe 1984): 1 where all got the same, 1/n where one of n
 * got all. A request's speed is its output tokens per second from arrival to finish; that of a rejected one is 0.
 */
export interface FairnessReport {
  /** Over the speeds of all requests that ended. */
  readonly overRequests: Estimate;
  /** Over classes, of this run as it was: null where the workload has none. */
  readonly overClasses: {
    /** Of the mean speed of a class's requests. */
    readonly speed: number | null;
    /** Of the output tokens of a class's finished requests, each over those that all its requests asked for. */
    readonly served: number | null;
  } | null;
}

export function fairnessReport(measured: Measured<Tally>, hasClasses: boolean): FairnessReport {
  const classes = [...measured.total.classes.values()];
  return {
    overRequests: estimate(measured, overRequests),
    overClasses: hasClasses
      ? {
          speed: finite(jain(classes.map(meanSpeed).filter(Number.isFinite))),
          served: finite(jain(classes.map(({ counts }) => counts.finishedTokens / counts.requestedTokens))),
        }
      : null,
  };
}

/** (Σx)² / (n·Σx²), NaN where there are no values or all are 0. */
export function jain(values: readonly number[]): number {
  const sum = values.reduce((all, value) => all + value, 0);
  const squares = values.reduce((all, value) => all + value ** 2, 0);
  return sum ** 2 / (values.length * squares);
}

/** From the histogram of the reciprocals of speeds: off by at most four times its relative error. */
function overRequests(tally: RequestTally): number {
  const { normalisedSeconds } = tally.latency;
  const squares = normalisedSeconds.sumOf((seconds) => seconds ** -2);
  return sumOfSpeeds(tally) ** 2 / (endedRequests(tally) * squares);
}

const meanSpeed = (tally: RequestTally) => sumOfSpeeds(tally) / endedRequests(tally);
const sumOfSpeeds = ({ latency }: RequestTally) => latency.normalisedSeconds.sumOf((seconds) => 1 / seconds);
const endedRequests = ({ counts }: RequestTally) => counts.finished + counts.rejected;
