import { type Accelerator, flopPerSecond } from "./accelerator.ts";
import {
  type Architecture,
  activeParameters,
  ffMatrixCount,
  kvBytesPerToken,
  qkvWidth,
  queryWidth,
  sparsity,
} from "./architecture.ts";
import type { Protocol } from "./collectives/collective-model.ts";
import { collectivesOf } from "./collectives/collective-models.ts";
import { type Layout, matrixShards, nodesPerReduce, ranksPerReduce, reducedWords } from "./layout.ts";
import type { PassParts } from "./step-time.ts";
import { flopPerAttentionPair } from "./traffic.ts";

/**
 * The published time of a layout (Erdil 2025, section 3.5) as a function of the microbatch's new tokens T alone, reduced
 * to its coefficients: memory is linear in T for a given share of touched experts, compute is linear in T, and each
 * collective is the least of a few lines in T. Made for grids, where one layout is asked at hundreds of batches.
 */
export interface UniformPass {
  readonly launchSeconds: number;
  /** Lines of all all-reduces, `linesPerReduce` for each. */
  readonly reduceLatencySeconds: Float64Array;
  readonly reduceSecondsPerToken: Float64Array;
  readonly linesPerReduce: number;
  /** Lines of all hops between stages together. */
  readonly hopLatencySeconds: Float64Array;
  readonly hopSecondsPerToken: Float64Array;
  readonly fixedMemorySeconds: number;
  readonly memorySecondsPerToken: number;
  /** Added for the whole of the experts, to be scaled by the share of them that is touched. */
  readonly expertMemorySeconds: number;
  readonly expertMemorySecondsPerToken: number;
  readonly computeSecondsPerToken: number;
}

/** Lines in tokens, `times` of each in a row, where a protocol is a line in bytes. */
function lines(protocols: readonly Protocol[], bytesPerToken: number, times: number) {
  return {
    latencySeconds: protocols.map((protocol) => times * protocol.latencySeconds),
    secondsPerToken: protocols.map((protocol) => times * protocol.secondsPerByte * bytesPerToken),
  };
}

/** The coefficients of one layout, for sequences with `contextTokens` cached tokens that each take `tokensPerSequence` new ones. */
export function uniformPass(
  architecture: Architecture,
  accelerator: Accelerator,
  layout: Layout,
  contextTokens: number,
  tokensPerSequence = 1,
): UniformPass {
  const { layers, dModel, dFf, experts, weightBytes, activationBytes, vocabulary } = architecture;
  const { tensorRanks, pipelineStages } = layout;
  const collectives = collectivesOf(accelerator);

  const ranks = ranksPerReduce(layout);
  const reduceProtocols = collectives.protocols("all-reduce", ranks, nodesPerReduce(layout, accelerator.nodeSize));
  const reduceBytesPerWord = activationBytes / (tensorRanks / ranks);
  const reduces = reducedWords(architecture, layout.tensorParallel).map((words) =>
    lines(reduceProtocols, words * reduceBytesPerWord, layers),
  );
  const hop = lines(
    collectives.protocols("point-to-point", 2, 2),
    (dModel * activationBytes) / tensorRanks,
    pipelineStages - 1,
  );

  const { first, second } = matrixShards(layout);
  const expertMatrices = layers * experts * ffMatrixCount(architecture);
  const width = qkvWidth(architecture);
  const heads = queryWidth(architecture);
  const fixedBytes = weightBytes * dModel * (vocabulary + layers * (width + heads));
  const bytesPerToken =
    (kvBytesPerToken(architecture) * contextTokens) / tokensPerSequence +
    layers * (2 * second * activationBytes * dModel + first * (width + activationBytes * heads));
  const expertBytesPerToken =
    (expertMatrices * activationBytes * (second * dModel + first * dFf)) / sparsity(architecture);
  const secondsPerByte = 1 / (tensorRanks * accelerator.hbmBytesPerSecond);

  const flopPerToken = 2 * activeParameters(architecture) + flopPerAttentionPair(architecture) * contextTokens;
  return {
    launchSeconds: 4 * layers * accelerator.kernelLaunchSeconds,
    reduceLatencySeconds: Float64Array.from(reduces.flatMap((reduce) => reduce.latencySeconds)),
    reduceSecondsPerToken: Float64Array.from(reduces.flatMap((reduce) => reduce.secondsPerToken)),
    linesPerReduce: reduceProtocols.length,
    hopLatencySeconds: Float64Array.from(hop.latencySeconds),
    hopSecondsPerToken: Float64Array.from(hop.secondsPerToken),
    fixedMemorySeconds: fixedBytes * secondsPerByte,
    memorySecondsPerToken: bytesPerToken * secondsPerByte,
    expertMemorySeconds: expertMatrices * weightBytes * dModel * dFf * secondsPerByte,
    expertMemorySecondsPerToken: expertBytesPerToken * secondsPerByte,
    computeSecondsPerToken: flopPerToken / (tensorRanks * flopPerSecond(accelerator, weightBytes)),
  };
}

/** Seconds of a pass over `tokens` new tokens of one microbatch that touch `expertShare` of the experts. */
export function uniformPassSeconds(pass: UniformPass, tokens: number, expertShare: number): number {
  let seconds = pass.launchSeconds;
  const { reduceLatencySeconds, reduceSecondsPerToken, linesPerReduce, hopLatencySeconds, hopSecondsPerToken } = pass;
  for (let line = 0; line < reduceLatencySeconds.length; ) {
    const end = line + linesPerReduce;
    let least = Number.POSITIVE_INFINITY;
    for (; line < end; line++) {
      const time = reduceLatencySeconds[line]! + reduceSecondsPerToken[line]! * tokens;
      if (time < least) least = time;
    }
    seconds += least;
  }
  let hops = Number.POSITIVE_INFINITY;
  for (let line = 0; line < hopLatencySeconds.length; line++) {
    const time = hopLatencySeconds[line]! + hopSecondsPerToken[line]! * tokens;
    if (time < hops) hops = time;
  }
  const memorySeconds =
    pass.fixedMemorySeconds +
    pass.memorySecondsPerToken * tokens +
    expertShare * (pass.expertMemorySeconds + pass.expertMemorySecondsPerToken * tokens);
  const computeSeconds = pass.computeSecondsPerToken * tokens;
  return seconds + hops + (memorySeconds > computeSeconds ? memorySeconds : computeSeconds);
}

/** The parts of a pass: launch, network and the larger of compute and memory add up to `uniformPassSeconds`. */
export function uniformPassParts(pass: UniformPass, tokens: number, expertShare: number): PassParts {
  const reduces = pass.linesPerReduce;
  let networkLatencySeconds = 0;
  let networkBandwidthSeconds = 0;
  const addLeast = (latencySeconds: Float64Array, secondsPerToken: Float64Array, from: number, to: number) => {
    let least = from;
    const time = (line: number) => latencySeconds[line]! + secondsPerToken[line]! * tokens;
    for (let line = from + 1; line < to; line++) if (time(line) < time(least)) least = line;
    networkLatencySeconds += latencySeconds[least]!;
    networkBandwidthSeconds += secondsPerToken[least]! * tokens;
  };
  for (let line = 0; line < pass.reduceLatencySeconds.length; line += reduces) {
    addLeast(pass.reduceLatencySeconds, pass.reduceSecondsPerToken, line, line + reduces);
  }
  addLeast(pass.hopLatencySeconds, pass.hopSecondsPerToken, 0, pass.hopLatencySeconds.length);
  return {
    computeSeconds: pass.computeSecondsPerToken * tokens,
    memorySeconds:
      pass.fixedMemorySeconds +
      pass.memorySecondsPerToken * tokens +
      expertShare * (pass.expertMemorySeconds + pass.expertMemorySecondsPerToken * tokens),
    networkLatencySeconds,
    networkBandwidthSeconds,
    launchSeconds: pass.launchSeconds,
  };
}
