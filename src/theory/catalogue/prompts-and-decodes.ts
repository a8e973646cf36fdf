import {
  type ChunkedPrompt,
  chunkedPrefill,
  chunkLoad,
  type InterferenceFigures,
  prefillFirst,
} from "../predictions/prefill-interference.ts";
import { means, type PredictedFigure, type Prediction, unmet } from "./prediction.ts";
import {
  arrivalsAtReplica,
  decodeSteps,
  mostUncapped,
  requirements as need,
  openBatch,
  stableBatch,
} from "./requirements.ts";
import { promptIsOneToken, promptMoments, type ServingShape } from "./shape.ts";

/** Prompts before decodes. */
export const promptsFirst: Prediction = {
  name: "prefill-first (priority and vacations)",
  source: "Jaiswal 1968; Fuhrmann and Cooper 1985",
  assumptions:
    "Poisson arrivals, prompts read one after another before any decode step, memoryless outputs where the cap binds",
  applies: (shape) =>
    unmet(
      ...openBatch(shape),
      [shape.policy === "prefill-first", "prompts do not run alone and first"],
      [shape.output.mean > 1, "nothing is decoded after the prompt"],
      () => need.stablePrompts(shape),
      () => {
        const share = arrivalsAtReplica(shape).arrivalsPerSecond * promptMoments(shape).mean;
        return stableBatch(shape, shape.output.mean - 1, (batch) => shape.stepSeconds(batch, 0) / (1 - share));
      },
    ),
  predict: (shape) => interference(shape, prefillFirst(decodeSteps(shape), promptMoments(shape))),
};

/** Prompts beside decodes: in chunks, or whole. */
export const promptsBeside: Prediction = {
  name: "prompts beside decodes (chunked or whole)",
  source: "Fuhrmann and Cooper 1985, on steps that carry a chunk",
  assumptions:
    "Poisson arrivals, at most one prompt's chunk in a step, chunks of mean size, memoryless outputs where the cap binds",
  applies: (shape) =>
    unmet(
      ...openBatch(shape),
      [shape.policy === "chunked-prefill" || shape.policy === "continuous", "prompts do not share steps with decodes"],
      [shape.output.mean > 1, "nothing is decoded after the prompt"],
      [!promptIsOneToken(shape), "prompts of one token: see the chains without prompts"],
      () => {
        const { mean, chunkTokens } = chunksOf(shape);
        const chunks = arrivalsAtReplica(shape).arrivalsPerSecond * mean;
        const full = Math.min(shape.batchCap, mostUncapped);
        const extra = chunks * (shape.stepSeconds(full, chunkTokens) - shape.stepSeconds(full, 0));
        if (!(extra < 1)) return [false, "overloaded by prompts"];
        return stableBatch(shape, shape.output.mean - 1, (batch) => shape.stepSeconds(batch, 0) / (1 - extra));
      },
      () => [chunkLoad(decodeSteps(shape), chunkedPrompt(shape)) < 1, "overloaded by prompts, one chunk a step"],
    ),
  predict: (shape) => {
    return interference(shape, chunkedPrefill(decodeSteps(shape), chunkedPrompt(shape)));
  },
};

function chunkedPrompt(shape: ServingShape): ChunkedPrompt {
  const { mean, variance, chunkTokens } = chunksOf(shape);
  return { chunks: { mean, variance }, chunkStepSeconds: (batch) => shape.stepSeconds(batch, chunkTokens) };
}

/** Chunks of the mean prompt, all equally large; the spread of the prompts in chunks. */
function chunksOf({ prompt, policy, chunkTokens }: ServingShape) {
  const mean = policy === "continuous" ? 1 : Math.ceil(prompt.mean / chunkTokens);
  const size = prompt.mean / mean;
  const variance = mean === 1 || prompt.kind === "fixed" ? 0 : prompt.variance / size ** 2;
  return { mean, variance, chunkTokens: size };
}

function interference(shape: ServingShape, figures: InterferenceFigures): PredictedFigure[] {
  const { decode, meanFirstTokenSeconds, promptShare } = figures;
  // By Little's law: those who wait for their first token, less those whose prompts are being read.
  const beforeFirstToken = arrivalsAtReplica(shape).arrivalsPerSecond * meanFirstTokenSeconds;
  return means("approximation", {
    timeToFirstToken: meanFirstTokenSeconds,
    sojourn: meanFirstTokenSeconds + decode.meanTokenSeconds * (shape.output.mean - 1),
    tokenTime: decode.meanTokenSeconds,
    batch: promptShare + decode.meanBatch,
    queue: beforeFirstToken - promptShare,
  });
}
