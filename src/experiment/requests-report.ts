import type { RequestCounts } from "../observe/request-tally.ts";

/** How many requests came, and what became of them. */
export interface RequestsReport {
  readonly offered: number;
  readonly finished: number;
  readonly unfinished: number;
  readonly rejected: number;
  readonly preempted: number;
  readonly preemptions: number;
}

export function requestsReport(counts: RequestCounts): RequestsReport {
  const { offered, finished, rejected, preemptedRequests, preemptions } = counts;
  return {
    offered,
    finished,
    unfinished: offered - finished - rejected,
    rejected,
    preempted: preemptedRequests,
    preemptions,
  };
}
