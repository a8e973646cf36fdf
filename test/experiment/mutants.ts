import type { Running } from "../../src/experiment/replications.ts";
import type { Model } from "../../src/kernel/simulate.ts";
import { runPlan } from "../../src/scenario/run-plan.ts";
import type { ServingEvent } from "../../src/serving/events.ts";
import { policies } from "../../src/serving/policies.ts";
import type { BatchingPolicy, BatchPlan, ReplicaView } from "../../src/serving/policy.ts";
import type { Request } from "../../src/serving/request.ts";

/** Makes the runs of a simulator with a fault in it. */
export type Mutant = NonNullable<Running["plan"]>;

/** A fault in what is admitted: told what the right policy plans, from a state of its own for each run. */
const planning =
  (fault: () => (plan: BatchPlan, replica: ReplicaView) => BatchPlan): Mutant =>
  (scenario, places) => {
    const right = policies.build(scenario.policy);
    const wrong = fault();
    const policy: BatchingPolicy = { ...right, plan: (replica) => wrong(right.plan(replica), replica) };
    return runPlan(scenario, places, { policy });
  };

/** A fault in what is told: undefined for an event that is lost. */
const telling =
  (fault: (event: ServingEvent) => ServingEvent | undefined): Mutant =>
  (scenario, places) => {
    const plan = runPlan(scenario, places);
    const model: Model<ServingEvent> = {
      start: (publish) =>
        plan.model.start((event) => {
          const told = fault(event);
          if (told !== undefined) publish(told);
        }),
      end: () => plan.model.end?.(),
    };
    return { ...plan, model };
  };

/** Longer than any run of the suite. */
const foreverSeconds = 1e6;

/** One in ten requests that find the replica idle is forgotten until another comes. */
export const strandedQueue = planning(() => (plan, { waiting, runningSequences, nowSeconds }) => {
  const head = waiting.at(0);
  const isForgotten = runningSequences === 0 && waiting.length === 1 && head!.id % 10 === 5;
  return isForgotten ? { admit: 0, againSeconds: nowSeconds + foreverSeconds } : plan;
});

/** First tokens are told half of a step early. */
export const halfStepShift = telling((event) => {
  if (event.kind !== "advance") return event;
  for (const request of event.prefilled) {
    (request as Request).firstTokenSeconds -= (event.atSeconds - event.startSeconds) / 2;
  }
  return event;
});

/** Whoever comes while a step runs is overlooked at its end, and joins a step later. */
export const oneStepLate = planning(() => {
  let lastSeconds = Number.NEGATIVE_INFINITY;
  return ({ admit }, { waiting, nowSeconds, runningSequences }) => {
    let seen = 0;
    while (seen < admit && waiting.at(seen)!.arrivalSeconds <= lastSeconds) seen++;
    lastSeconds = nowSeconds;
    return { admit: runningSequences === 0 ? admit : seen, hold: "step" };
  };
});

/** A sequence that loses its cache is counted as running on. */
export const untoldPreemption = telling((event) => (event.kind === "preemption" ? undefined : event));

/** A sequence that loses its cache is never heard of again. */
export const lostPreemption = telling((event) => {
  return event.kind === "finish" && event.request.preemptions > 0 ? undefined : event;
});
