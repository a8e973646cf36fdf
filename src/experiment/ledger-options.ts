import type { Layout } from "../bounds/layout.ts";
import type { ExpertLoads } from "../bounds/moe/step-cost.ts";
import type { LedgerOptions, StepBound } from "../observe/ledger/ledger.ts";
import type { Deployment } from "../scenario/deployment.ts";
import type { FollowedExperts } from "../scenario/experts.ts";
import type { RunPlan } from "../scenario/run-plan.ts";
import { expectedExperts } from "../serving/experts/expected.ts";

/** Whether a run has a ledger: where pools may differ, no one closed form measures them all. */
export function hasLedger({ scenario }: Pick<RunPlan, "scenario">): boolean {
  return scenario.deployment.pools === undefined;
}

/** What the gap ledger has to know of a run that has one. */
export function ledgerOptions({ scenario, deployment, expectedRequests }: RunPlan): LedgerOptions {
  const { policy } = scenario;
  return {
    replicas: deployment.replicas,
    layout: laneLayout(deployment),
    bound: stepBound(deployment),
    maxSequences: "maxSequences" in policy ? policy.maxSequences : undefined,
    kvCapacityTokens: deployment.replica.kvCapacityTokens,
    expectedRequests,
  };
}

/** A microbatch owns the time of a stage, or, where steps are split over stages, of all of them. */
function laneLayout({ replica: { layout, accelerators, stepTime } }: Deployment): Layout {
  const lanes = stepTime.stageWeights.length;
  return { ...layout, pipelineStages: lanes, tensorRanks: accelerators / lanes };
}

/** The closed form of a deployment's steps: with experts that are followed, as many as are expected of each rank. */
export function stepBound({ experts, layout, stepTime }: Deployment): StepBound {
  if (experts === undefined) return { seconds: (shape) => stepTime.time(shape).tripSeconds };
  const { priced, layers, occupancy, options } = experts;
  const ranks = options.parallel === "expert" ? layout.tensorRanks : 1;
  const expected = expectedExperts(occupancy.routing, layers, ranks);
  return {
    seconds: (shape) => priced.time(shape, expected.sample(shape.tokens, shape.sequences)).tripSeconds,
    secondsIfEven:
      ranks === 1
        ? undefined
        : (shape, touched) => priced.time(shape, evenLoads(experts, ranks, shape.tokens, touched)).tripSeconds,
  };
}

/** So many distinct experts, over all layers and ranks, and what a step of so many tokens asks of them, spread evenly. */
function evenLoads(
  { layers, occupancy }: FollowedExperts,
  ranks: number,
  tokens: number,
  touched: number,
): ExpertLoads {
  const assignments = (tokens * occupancy.routing.active) / ranks;
  return {
    distinctTotal: touched / ranks,
    assignmentsTotal: layers * assignments,
    distinct: new Array<number>(layers).fill(touched / ranks / layers),
    assignments: new Array<number>(layers).fill(assignments),
  };
}
