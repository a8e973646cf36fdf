import { cappedBatching } from "../predictions/capped-batching.ts";
import { operatingPoint } from "../predictions/operating-point.ts";
import { poissonBatch } from "../predictions/poisson-batch.ts";
import { type SteppedBatchingFigures, steppedBatching } from "../predictions/stepped-batching.ts";
import { means, type Prediction, quantiles, unmet } from "./prediction.ts";
import { decodeSteps, equalSteps, requirements as need, openBatch, stableBatch } from "./requirements.ts";
import { promptIsOneToken, promptMoments } from "./shape.ts";

/** No cap and a step of constant length. */
export const uncapped: Prediction = {
  name: "M/G/∞ (Poisson batch)",
  source: "Palm 1943; Takács 1962",
  assumptions:
    "Poisson arrivals, no cap, a step time that does not depend on the batch; the wait for a step boundary left out",
  applies: (shape) =>
    unmet(
      ...openBatch(shape),
      need.stepByStep(shape),
      need.promptsLikeSteps(shape),
      [shape.batchCap === Number.POSITIVE_INFINITY, "the batch has a cap"],
      [shape.stepSeconds(1, 0) === shape.stepSeconds(4096, 0), "the step time grows with the batch"],
    ),
  predict: (shape) => {
    const { arrivalsPerSecond, meanSteps, stepSeconds } = equalSteps(shape);
    const figures = poissonBatch(arrivalsPerSecond, meanSteps, stepSeconds(1));
    return [
      ...means("exact", { batch: figures.meanBatch, tokenTime: stepSeconds(1) }),
      ...means("approximation", { sojourn: figures.meanSojournSeconds }),
      ...quantiles("approximation", "batch", figures.batchQuantile),
    ];
  },
};

/** Whole steps and memoryless outputs: the exact oracle of continuous batching. */
export const wholeSteps: Prediction = {
  name: "continuous batching, step by step",
  source: "embedded chain at step starts (see docs/theory.md)",
  assumptions: "Poisson arrivals, a capped batch, geometric outputs, prompts of one token, first come first served",
  applies: (shape) =>
    unmet(
      ...openBatch(shape),
      need.stepByStep(shape),
      need.promptsLikeSteps(shape),
      [shape.output.kind === "geometric", "outputs are not memoryless"],
      [shape.batchCap <= 1024, "no cap of at most 1,024 sequences"],
      () => stableBatch(shape, shape.output.mean),
    ),
  predict: (shape) => {
    const figures = steppedBatching(equalSteps(shape));
    return means(shape.stepVaries ? "approximation" : "exact", {
      wait: figures.meanWaitSeconds,
      timeToFirstToken: figures.meanFirstTokenSeconds,
      sojourn: figures.meanSojournSeconds,
      ...timeBetweenTokens(figures, shape.output.mean),
      batch: figures.meanBatch,
      queue: figures.meanQueue,
      busyShare: figures.busyShare,
    });
  },
};

/** The steps after the one that a request joins with, whose mean differs from theirs. */
function timeBetweenTokens(
  { meanSojournSeconds, meanFirstTokenSeconds }: SteppedBatchingFigures,
  meanSteps: number,
): Partial<Record<"tokenTime", number>> {
  return meanSteps === 1 ? {} : { tokenTime: (meanSojournSeconds - meanFirstTokenSeconds) / (meanSteps - 1) };
}

/** The birth–death chain, with tails. */
export const birthDeath: Prediction = {
  name: "continuous batching, birth–death",
  source: "birth–death chain with rates n/t(n) (see docs/theory.md); Cohen 1979",
  assumptions:
    "Poisson arrivals, memoryless outputs of many tokens where the cap binds (any outputs where it does not), prompts of one token",
  applies: (shape) =>
    unmet(...openBatch(shape), need.stepByStep(shape), need.promptsLikeSteps(shape), () =>
      stableBatch(shape, shape.output.mean),
    ),
  predict: (shape) => {
    const figures = cappedBatching(equalSteps(shape));
    return [
      ...means("approximation", {
        wait: figures.meanWaitSeconds,
        sojourn: figures.meanSojournSeconds,
        tokenTime: figures.meanTokenSeconds,
        batch: figures.meanBatch,
        queue: figures.meanQueue,
        busyShare: figures.busyShare,
      }),
      ...quantiles("approximation", "wait", figures.waitQuantile),
      ...(shape.output.kind === "geometric" ? quantiles("approximation", "sojourn", figures.sojournQuantile) : []),
    ];
  },
};

/** Fluid balance of tokens asked and made. */
export const fluid: Prediction = {
  name: "operating point under load",
  source: "tokens asked for equal tokens made (see docs/theory.md)",
  assumptions:
    "open arrivals that never fluctuate, an admission that only the cap limits; prompts of one token, or read first",
  applies: (shape) =>
    unmet(
      need.open(shape),
      need.ownQueues(shape),
      need.oneStage(shape),
      need.noOtherLimits(shape),
      need.stepByStep(shape),
      [shape.output.mean > 1, "nothing is decoded after the prompt"],
      [promptIsOneToken(shape) || shape.policy === "prefill-first", "prompts share their steps with decodes"],
    ),
  predict: (shape) => {
    const alone = promptIsOneToken(shape);
    const queue = alone ? equalSteps(shape) : decodeSteps(shape);
    const free = alone ? 1 : 1 - queue.arrivalsPerSecond * promptMoments(shape).mean;
    if (!(free > 0)) return means("approximation", { load: Number.POSITIVE_INFINITY });
    const point = operatingPoint({ ...queue, stepSeconds: (batch) => queue.stepSeconds(batch) / free });
    const { load, batch, tokenSeconds } = point;
    if (batch === undefined || tokenSeconds === undefined) return means("approximation", { load });
    return means("approximation", { load, batch, tokenTime: tokenSeconds });
  },
};
