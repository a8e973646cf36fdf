import { UserError } from "../core/errors.ts";
import { deploymentOf } from "../scenario/deployment.ts";
import { offering } from "../scenario/offered-load.ts";
import type { Scenario } from "../scenario/schema.ts";
import type { Interval } from "../theory/statistics/interval.ts";
import { loadReport } from "./load-report.ts";
import { oneRunFigures } from "./one-run-figures.ts";
import { replicatedFigures } from "./replicated-figures.ts";
import { followed, type Running, replications } from "./replications.ts";
import { checkLength } from "./run-length.ts";
import { isSame, type RunSummary } from "./run-summary.ts";
import { type Cut, steadyWindow } from "./steady-window.ts";

/** The most that a deployment serves for long. */
export interface Capacity {
  /** Requests that end each second while more come than can be served. */
  readonly requestsPerSecond: Interval;
  /** What the closed form says (`load`). */
  readonly closedFormRequestsPerSecond: number;
  /** Requests that came each second as it was measured. */
  readonly offeredPerSecond: number;
  /** Requests that come each second as the scenario stands. */
  readonly statedPerSecond: number;
}

const runs = 10;

/** The batch may still be filling until so many of a run's requests have come. */
const fillingShare = 1 / 4;

/** A deployment that ends as many as this of what comes is not yet shown to be saturated. */
const keepingUp = 0.9;

/** Doublings after which a deployment that still keeps up is given up on. */
const mostDoublings = 10;

/**
 * Measures what a scenario's deployment serves while more comes than it can serve: twice what the closed form says, and twice that again
 * while it keeps up. Throws `UserError` for arrivals without a rate to change, and for runs that are too short.
 */
export async function measuredCapacity(scenario: Scenario, level: number, running: Running = {}): Promise<Capacity> {
  // Asked first, for the reason why if there is none.
  offering(scenario, 1);
  const { requestsPerSecond: statedPerSecond, capacity } = loadReport(scenario, running.places);
  let offeredPerSecond = 2 * capacity.requestsPerSecond;
  for (let doubling = 0; doubling <= mostDoublings; doubling++, offeredPerSecond *= 2) {
    const requestsPerSecond = await throughput(offering(scenario, offeredPerSecond / statedPerSecond), level, running);
    if (requestsPerSecond.estimate > keepingUp * offeredPerSecond) continue;
    const closedFormRequestsPerSecond = capacity.requestsPerSecond;
    return { requestsPerSecond, closedFormRequestsPerSecond, offeredPerSecond, statedPerSecond };
  }
  const what = `${deploymentOf(scenario).accelerators} accelerators keep up with ${offeredPerSecond} requests/s`;
  throw new UserError("workload.arrivals", what, "more requests, so that runs are long enough to be overloaded");
}

async function throughput(scenario: Scenario, level: number, running: Running): Promise<Interval> {
  const made: RunSummary[] = [];
  const arrivals = fillingShare * (scenario.run.requests ?? Number.POSITIVE_INFINITY);
  const cut: Cut = { arrivals: Math.floor(arrivals), drainSeconds: 0, settled: true };
  for await (const run of replications({ scenario, cut }, { to: runs }, running)) {
    if (made.length === 1 && isSame(made[0]!, run)) {
      const only = steadyWindow(await followed(scenario, running), cut);
      return oneRunFigures(only, level).ratio("requestsPerSecond");
    }
    made.push(run);
  }
  checkLength(scenario, made, 1 / fillingShare);
  return replicatedFigures(made, level).ratio("requestsPerSecond");
}
