import type { ContinuousBatch } from "../predictions/capped-batching.ts";
import { closedLoopBounds, meanValueAnalysis } from "../predictions/closed-loop.ts";
import { meanOfMax } from "../predictions/mean-of-max.ts";
import { pipelineRhythm } from "../predictions/pipeline.ts";
import { isPreempted, preemptedPair } from "../predictions/preempted-pair.ts";
import { saturatedBatch } from "../predictions/saturated-batch.ts";
import { means, type Prediction, type Requirement, unmet } from "./prediction.ts";
import { requirements as need } from "./requirements.ts";
import { decodeSeconds, type ServingShape } from "./shape.ts";

const noThinking = ({ arrivals }: ServingShape): Requirement => [
  arrivals.kind === "closed" && arrivals.thinkSeconds === 0,
  "users think between requests",
];

/** What closed loops at one replica need. */
const closedBatch = (shape: ServingShape) => [
  need.closed(shape),
  need.oneReplica(shape),
  need.noOtherLimits(shape),
  need.stepByStep(shape),
  need.promptsLikeSteps(shape),
];

function loopOf(shape: ServingShape): ContinuousBatch & { readonly users: number; readonly thinkSeconds: number } {
  const { users, thinkSeconds } =
    shape.arrivals.kind === "closed" ? shape.arrivals : { users: Number.NaN, thinkSeconds: Number.NaN };
  return {
    users,
    thinkSeconds,
    batchCap: shape.batchCap,
    meanSteps: shape.output.mean,
    stepSeconds: decodeSeconds(shape),
  };
}

/** The batch of the paper: full, all the time. */
export const saturated: Prediction = {
  name: "saturated closed loop",
  source: "Erdil 2025 (arXiv 2506.04645), section 3, at a fixed batch",
  assumptions: "a closed loop without think time, prompts of one token",
  applies: (shape) => unmet(...closedBatch(shape), need.oneStage(shape), noThinking(shape)),
  predict: (shape) => {
    const loop = loopOf(shape);
    const figures = saturatedBatch(loop, loop.users);
    return means(shape.stepVaries ? "approximation" : "exact", {
      batch: figures.batch,
      tokenTime: figures.tokenSeconds,
      tokensPerSecond: figures.tokensPerSecond,
      requestsPerSecond: figures.requestsPerSecond,
      queue: figures.queue,
      sojourn: figures.meanSojournSeconds,
    });
  },
};

/** Mean value analysis. */
export const thinkingUsers: Prediction = {
  name: "closed loop with think time (mean value analysis)",
  source: "Reiser and Lavenberg 1980; Reiser 1981",
  assumptions: "users who think, memoryless outputs of many tokens where the cap binds (any outputs where it does not)",
  applies: (shape) =>
    unmet(...closedBatch(shape), need.oneStage(shape), [
      loopOf(shape).thinkSeconds > 0,
      "users do not think: see the saturated loop",
    ]),
  predict: (shape) => {
    const figures = meanValueAnalysis(loopOf(shape));
    return means("approximation", {
      requestsPerSecond: figures.requestsPerSecond,
      tokensPerSecond: figures.requestsPerSecond * shape.output.mean,
      sojourn: figures.meanSojournSeconds,
      tokenTime: figures.meanTokenSeconds,
      batch: figures.meanBatch,
      queue: figures.meanQueue,
    });
  },
};

/** Bounds that hold for any think times and outputs. */
export const asymptoticBounds: Prediction = {
  name: "closed loop, asymptotic bounds",
  source: "Muntz and Wong 1974; Denning and Buzen 1978",
  assumptions: "a closed loop of any think times and outputs; the wait for a step boundary, at most one step, left out",
  applies: (shape) => unmet(...closedBatch(shape), need.oneStage(shape), [!shape.stepVaries, "step times vary"]),
  predict: (shape) => {
    const bounds = closedLoopBounds(loopOf(shape));
    return [
      ...means("upper bound", { requestsPerSecond: bounds.mostRequestsPerSecond }),
      ...means("lower bound", { sojourn: bounds.leastSojournSeconds }),
    ];
  },
};

/** Two users and a cache for less than two answers. */
export const preempted: Prediction = {
  name: "two answers that do not fit into the cache",
  source: "rounds between two ends (see docs/theory.md)",
  assumptions:
    "two users without think time, one-token prompts, equal outputs, a constant step, a cache of single tokens for one answer, not for two",
  applies: (shape) =>
    unmet(
      need.closed(shape),
      noThinking(shape),
      [loopOf(shape).users === 2 && shape.batchCap >= 2, "not two users, or not both at once"],
      need.oneReplica(shape),
      need.oneStage(shape),
      need.inOrder(shape),
      [shape.policy === "continuous", "requests do not join the batch as they come"],
      need.promptsLikeSteps(shape),
      [shape.output.kind === "fixed", "outputs differ in length"],
      [shape.cacheTokens !== undefined, "the KV cache is not taken token by token"],
      () => [isPreempted(pairOf(shape)), "both fit into the cache, or not even one"],
      () => [!shape.stepVaries && hasConstantStep(shape), "step times vary"],
    ),
  predict: (shape) => {
    const figures = preemptedPair(pairOf(shape));
    return means("exact", {
      batch: figures.batch,
      queue: figures.queue,
      tokenTime: figures.tokenSeconds,
      tokensPerSecond: figures.tokensPerSecond,
      requestsPerSecond: figures.requestsPerSecond,
      sojourn: figures.sojournSeconds,
    });
  },
};

const pairOf = ({ output, cacheTokens, stepSeconds }: ServingShape) => ({
  outputTokens: output.mean,
  cacheTokens: cacheTokens ?? Number.NaN,
  stepSeconds: stepSeconds(1, 0),
});

/** With one sequence or two, or one that is read anew. */
function hasConstantStep({ stepSeconds, output }: ServingShape): boolean {
  return [stepSeconds(2, 0), stepSeconds(1, output.mean)].every((seconds) => seconds === stepSeconds(1, 0));
}

/** A full pipeline. */
export const pipeline: Prediction = {
  name: "pipeline rhythm and zero-bubble condition",
  source: "Baccelli, Cohen, Olsder and Quadrat 1992",
  assumptions: "a closed loop without think time that fills every microbatch evenly, constant stage times",
  applies: (shape) =>
    unmet(...closedBatch(shape), noThinking(shape), [shape.pipeline !== undefined, "one stage"], () => [
      Math.min(loopOf(shape).users, shape.batchCap) % shape.pipeline!.microbatches === 0,
      "microbatches are not equal",
    ]),
  predict: (shape) => {
    const { microbatches, stageSeconds, hopSeconds } = shape.pipeline!;
    const { users, batchCap, meanSteps } = loopOf(shape);
    const batch = Math.min(users, batchCap);
    const rhythm = pipelineRhythm({ stageSeconds: stageSeconds(batch / microbatches), hopSeconds, microbatches });
    return means(shape.stepVaries ? "approximation" : "exact", {
      tokenTime: rhythm.roundSeconds,
      tokensPerSecond: batch / rhythm.roundSeconds,
      requestsPerSecond: batch / rhythm.roundSeconds / meanSteps,
    });
  },
};

/** Random experts at a fixed batch. */
export const randomExperts: Prediction = {
  name: "step time with random experts",
  source: "Clark 1961; Scarf 1958",
  assumptions: "a batch that is always full, memory time nearly normal over the draws of experts",
  applies: (shape) =>
    unmet(...closedBatch(shape), noThinking(shape), need.oneStage(shape), [
      shape.experts !== undefined,
      "the model draws no experts",
    ]),
  predict: (shape) => {
    const { users, batchCap } = loopOf(shape);
    const step = shape.experts!(Math.min(users, batchCap));
    const larger = meanOfMax(step.computeSeconds, step.meanMemorySeconds, step.memoryVariance);
    const stepSeconds = (partSeconds: number) => step.fixedSeconds + step.parts * partSeconds;
    return [
      ...means("approximation", { tokenTime: stepSeconds(larger.meanSeconds) }),
      // For any law of the memory time, but not for any contexts.
      ...(shape.stepVaries ? [] : means("upper bound", { tokenTime: stepSeconds(larger.upperBoundSeconds) })),
    ];
  },
};
