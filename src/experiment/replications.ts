import { lastValueFrom } from "rxjs";
import { randomStreams } from "../core/random.ts";
import { type Pace, slicedPace } from "../kernel/pace.ts";
import { simulate } from "../kernel/simulate.ts";
import { type RequestHistory, requestHistory, type Served } from "../observe/request-history.ts";
import type { Deployment } from "../scenario/deployment.ts";
import { type RunPlan, runPlan } from "../scenario/run-plan.ts";
import type { Scenario } from "../scenario/schema.ts";
import type { TracePlaces } from "../scenario/trace-file.ts";
import { type Quantiles, type RunSummary, runSummary } from "./run-summary.ts";
import { shadowOf } from "./shadow-server.ts";
import { type Cut, pilotOf, steadyWindow } from "./steady-window.ts";

/** How runs are made. */
export interface Running {
  readonly places?: TracePlaces;
  readonly pace?: Pace;
  /** Makes a scenario ready to run. */
  readonly plan?: (scenario: Scenario, places: TracePlaces) => RunPlan;
  /** Makes runs elsewhere, several at a time; without it they are made here, one after another. */
  readonly crew?: Crew;
}

/** A run to be made, all that it takes as plain data. */
export interface RunOrder {
  readonly scenario: Scenario;
  readonly places: TracePlaces;
  /** What the run is called: its random numbers are its own. */
  readonly name: string;
  /** What is left out of it; a pilot run says itself. */
  readonly cut?: Cut;
  readonly quantiles?: Quantiles;
  /** With control variates, where the scenario has any. */
  readonly controlled?: boolean;
}

/** Those who make runs. */
export interface Crew {
  /** So many runs at a time are made as fast as can be. */
  readonly size: number;
  make(order: RunOrder): Promise<RunSummary>;
}

/** The scenario with random numbers of its own, named after its seed: `1/replication 0`. */
export function named(scenario: Scenario, name: string): Scenario {
  return { ...scenario, run: { ...scenario.run, seed: `${scenario.run.seed}/${name}` } };
}

/** Runs a scenario once and follows its requests. */
export function followed(scenario: Scenario, running: Running = {}): Promise<RequestHistory> {
  const { places = {}, pace = slicedPace(), plan = runPlan } = running;
  const { time, model, horizonSeconds, deployment } = plan(scenario, places);
  const options = { pace, ...(horizonSeconds !== undefined && { horizonSeconds }) };
  return lastValueFrom(simulate(time, model, options).pipe(requestHistory(servedBy(deployment))));
}

/** How many replicas serve requests, and in how many queues these wait. */
function servedBy({ replicas, router }: Deployment): Served {
  return { replicas, queues: router?.name === "central-queue" ? 1 : replicas };
}

/** Makes the run of an order, and sums it up. */
export async function madeHere(order: RunOrder, running: Running): Promise<RunSummary> {
  const { scenario, name, cut, quantiles = [], controlled } = order;
  const one = named(scenario, name);
  const history = await followed(one, running);
  const window = steadyWindow(history, cut);
  if (cut === undefined) return { ...runSummary(window, quantiles), pilot: pilotOf(history) };
  const shadow = controlled ? shadowOf(scenario) : undefined;
  const random = randomStreams(one.run.seed)("shadow server");
  return runSummary(window, quantiles, shadow?.controls(history, cut.arrivals, random));
}

/** Runs from one number to before another. */
export interface Span {
  readonly from?: number;
  readonly to: number;
}

/** Runs of a scenario by number, each when its turn has come; as many are under way as the crew has hands. */
export async function* replications(
  order: Omit<RunOrder, "places" | "name">,
  { from = 0, to }: Span,
  running: Running,
): AsyncGenerator<RunSummary> {
  const { crew, places = {} } = running;
  const kind = order.cut === undefined ? "pilot" : "replication";
  const make = (index: number) => {
    const whole = { ...order, places, name: `${kind} ${index}` };
    return crew === undefined ? madeHere(whole, running) : crew.make(whole);
  };
  const underWay: Promise<RunSummary>[] = [];
  // While the first is waited for, hands that are done with theirs find another.
  const most = crew === undefined ? 1 : 2 * crew.size;
  for (let next = from; next < to || underWay.length > 0; ) {
    for (; next < to && underWay.length < most; next++) {
      const run = make(next);
      // What fails is heard of in its turn.
      run.catch(() => {});
      underWay.push(run);
    }
    yield await underWay.shift()!;
  }
}
