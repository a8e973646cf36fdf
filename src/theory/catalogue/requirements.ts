import { type BatchingQueue, completionRate } from "../predictions/capped-batching.ts";
import type { Requirement } from "./prediction.ts";
import { aloneMoments, decodeSeconds, promptIsOneToken, promptMoments, type ServingShape } from "./shape.ts";

/** The arrivals that one queue sees. */
export interface QueueArrivals {
  readonly arrivalsPerSecond: number;
  readonly interarrivalCv: number;
  readonly poisson: boolean;
}

/**
 * Arrivals at one replica: split at random they stay Poisson and others come nearer to it, `c² → 1 + (c²-1)/R`; dealt out in turn
 * they become more regular, `c² → c²/R` (sums of `R` interarrival times). Closed loops have none.
 */
export function arrivalsAtReplica({ arrivals, replicas, router }: ServingShape): QueueArrivals {
  if (arrivals.kind === "closed") return { arrivalsPerSecond: 0, interarrivalCv: Number.NaN, poisson: false };
  const { requestsPerSecond, interarrivalCv, process } = arrivals;
  const squared = interarrivalCv ** 2;
  const dealt = router === "round-robin" && replicas > 1;
  return {
    arrivalsPerSecond: requestsPerSecond / replicas,
    interarrivalCv: Math.sqrt(dealt ? squared / replicas : 1 + (squared - 1) / replicas),
    poisson: process === "poisson" && !dealt,
  };
}

/** Requirements that predictions share, each with its reason. */
export const requirements = {
  open: ({ arrivals }: ServingShape): Requirement => [arrivals.kind === "open", "users form a closed loop"],
  closed: ({ arrivals }: ServingShape): Requirement => [arrivals.kind === "closed", "arrivals are open"],
  poisson: (shape: ServingShape): Requirement => [
    arrivalsAtReplica(shape).poisson,
    "arrivals at a replica are not Poisson",
  ],
  renewal: ({ arrivals }: ServingShape): Requirement => [
    arrivals.kind === "open" && arrivals.process !== "other",
    "arrivals are not a renewal process",
  ],
  ownQueues: ({ replicas, router }: ServingShape): Requirement => [
    replicas === 1 || router === "random" || router === "round-robin",
    "replicas do not have queues of their own, fed at random or in turn",
  ],
  centralQueue: ({ replicas, router }: ServingShape): Requirement => [
    replicas === 1 || router === "central-queue",
    "replicas do not share one queue",
  ],
  oneReplica: ({ replicas }: ServingShape): Requirement => [replicas === 1, "several replicas"],
  oneStage: ({ pipeline }: ServingShape): Requirement => [
    pipeline === undefined,
    "the model is spread over pipeline stages",
  ],
  oneAtATime: ({ batchCap }: ServingShape): Requirement => [batchCap === 1, "more than one sequence in a batch"],
  inOrder: ({ firstComeFirstServed }: ServingShape): Requirement => [
    firstComeFirstServed,
    "requests do not start in order of arrival",
  ],
  noOtherLimits: ({ otherLimits }: ServingShape): Requirement => [
    !otherLimits,
    "the KV cache or admission can hold requests back",
  ],
  stepByStep: ({ policy }: ServingShape): Requirement => [
    policy === "continuous" || policy === "prefill-first" || policy === "chunked-prefill",
    "requests do not join and leave the batch step by step",
  ],
  promptsLikeSteps: (shape: ServingShape): Requirement => [promptIsOneToken(shape), "prompts take steps of their own"],
  stableAlone: (shape: ServingShape): Requirement => {
    const load = arrivalsAtReplica(shape).arrivalsPerSecond * aloneMoments(shape).mean;
    return [load < 1, overload(load)];
  },
  stablePrompts: (shape: ServingShape): Requirement => {
    const load = arrivalsAtReplica(shape).arrivalsPerSecond * promptMoments(shape).mean;
    return [load < 1, `prompts alone: ${overload(load)}`];
  },
};

/** Whether a batch fed at this rate keeps up, each request taking `meanSteps` steps. */
export function stableBatch(
  shape: ServingShape,
  meanSteps: number,
  stepSeconds: (batch: number) => number = decodeSeconds(shape),
): Requirement {
  const { batchCap } = shape;
  const batch = { meanSteps, batchCap, stepSeconds };
  const present = Math.min(batchCap, mostUncapped);
  const load = arrivalsAtReplica(shape).arrivalsPerSecond / completionRate(batch, present);
  return solvable(load);
}

/** Whether a chain at this load can be solved. */
export function solvable(load: number): Requirement {
  if (load < 1) return [load <= nearest, `too near to capacity to be told: load ${load.toPrecision(3)}`];
  return [false, overload(load)];
}

/** Largest load at which chains are solved: beyond it they, and runs to compare with them, grow out of hand. */
const nearest = 0.99;

/** Sequences that stand for the capacity of a batch without a cap. */
export const mostUncapped = 4_096;

function overload(load: number): string {
  return `overloaded: load ${load.toPrecision(3)}`;
}

/** What all open queues before a batch requirements. */
export const openBatch = (shape: ServingShape) => [
  requirements.open(shape),
  requirements.ownQueues(shape),
  requirements.poisson(shape),
  requirements.oneStage(shape),
  requirements.inOrder(shape),
  requirements.noOtherLimits(shape),
];

/** A request of a one-token prompt takes as many equal steps as it has output tokens. */
export function equalSteps(shape: ServingShape): BatchingQueue {
  return {
    arrivalsPerSecond: arrivalsAtReplica(shape).arrivalsPerSecond,
    meanSteps: shape.output.mean,
    batchCap: shape.batchCap,
    stepSeconds: decodeSeconds(shape),
  };
}

/** Decode steps after the prompt's last, which emits the first token. */
export function decodeSteps(shape: ServingShape): BatchingQueue {
  return { ...equalSteps(shape), meanSteps: shape.output.mean - 1 };
}
