import type { RequestTally } from "../observe/request-tally.ts";
import type { Tally } from "../observe/tally.ts";
import { type Estimate, estimate, type Measured } from "./estimate.ts";

/** How requests with targets fared: one counts where it met all of them (as in vLLM's benchmark, after DistServe, 2024). */
export interface GoodputReport {
  /** Finished requests that met all their targets, each second. */
  readonly requestsPerSecond: Estimate;
  /** Their share of those whose fate is known. */
  readonly share: Estimate;
  readonly met: number;
  /** Finished too late, rejected, or unfinished at the end and late by then. */
  readonly missed: number;
  /** Unfinished at the end, and not late by then. */
  readonly undecided: number;
}

/** Draws up the goodput of some requests; null where none has a target. */
export function goodputReport(
  measured: Measured<Tally>,
  requestsOf: (tally: Tally) => RequestTally,
): GoodputReport | null {
  const { sloOffered, sloMet, sloMissed } = requestsOf(measured.total).counts;
  if (sloOffered === 0) return null;
  return {
    requestsPerSecond: estimate(measured, (tally) => requestsOf(tally).counts.sloMet / tally.total("seconds")),
    share: estimate(measured, (tally) => shareMet(requestsOf(tally))),
    met: sloMet,
    missed: sloMissed,
    undecided: sloOffered - sloMet - sloMissed,
  };
}

const shareMet = ({ counts: { sloMet, sloMissed } }: RequestTally) => sloMet / (sloMet + sloMissed);
