import { type Accelerator, flopPerSecond } from "./accelerator.ts";
import {
  type Architecture,
  activeParameters,
  expectedExpertShare,
  expertLayers,
  ffMatrixCount,
  kvBytesPerToken,
  qkvWidth,
  queryWidth,
  sparsity,
} from "./architecture.ts";
import type { Protocol } from "./collectives/collective-model.ts";
import { collectivesOf } from "./collectives/collective-models.ts";
import { type ConcaveTime, concaveTime, type Line, pieceAt } from "./concave-time.ts";
import { type Layout, matrixShards, nodesPerReduce, ranksPerReduce, reducedWords } from "./layout.ts";
import { expertTraffic } from "./moe/expert-traffic.ts";
import type { PassParts } from "./step-time.ts";
import { flopPerAttentionPair } from "./traffic.ts";

/**
 * The published time of a layout (Erdil 2025, section 3) for microbatches of like sequences, reduced to its coefficients:
 * the network is concave in the new tokens, memory is linear in them for a given share of touched experts and in the
 * sequences, compute is linear in them. Made for grids, where one layout is asked at hundreds of batches and drafts.
 */
export interface UniformPass {
  readonly launchSeconds: number;
  /** All-reduces of all layers and hops between stages. */
  readonly network: ConcaveTime;
  readonly fixedMemorySeconds: number;
  readonly memorySecondsPerToken: number;
  /** Reading the cached tokens of one sequence. */
  readonly memorySecondsPerSequence: number;
  /** For the whole of the experts, to be scaled by the share of them that is touched. */
  readonly expertMemorySeconds: number;
  readonly expertMemorySecondsPerToken: number;
  readonly computeSecondsPerToken: number;
}

/** Lines in tokens where a protocol is a line in bytes, for so many collectives in a row. */
function lines(protocols: readonly Protocol[], bytesPerToken: number, times: number): Line[] {
  return protocols.map(({ latencySeconds, secondsPerByte }) => ({
    latencySeconds: times * latencySeconds,
    secondsPerToken: times * secondsPerByte * bytesPerToken,
  }));
}

function networkOf(architecture: Architecture, accelerator: Accelerator, layout: Layout): ConcaveTime {
  const { dModel, activationBytes, layers } = architecture;
  const { tensorRanks, pipelineStages } = layout;
  const collectives = collectivesOf(accelerator);
  const ranks = ranksPerReduce(layout);
  const reduceProtocols = collectives.protocols("all-reduce", ranks, nodesPerReduce(layout, accelerator.nodeSize));
  const reduceBytesPerWord = activationBytes / (tensorRanks / ranks);
  const reduces = reducedWords(architecture, layout.tensorParallel).map((words) =>
    lines(reduceProtocols, words * reduceBytesPerWord, layers),
  );
  const hopProtocols = collectives.protocols("point-to-point", 2, 2);
  const hops = lines(hopProtocols, (dModel * activationBytes) / tensorRanks, pipelineStages - 1);
  return concaveTime([...reduces, hops]);
}

/** The coefficients of one layout, for sequences with `contextTokens` cached tokens each. */
export function uniformPass(
  architecture: Architecture,
  accelerator: Accelerator,
  layout: Layout,
  contextTokens: number,
): UniformPass {
  const { layers, dModel, dFf, experts, weightBytes, activationBytes, vocabulary, moe } = architecture;
  const { tensorRanks } = layout;
  const { first, second } = matrixShards(layout);
  const expertMatrices = layers * experts * ffMatrixCount(architecture);
  const width = qkvWidth(architecture);
  const heads = queryWidth(architecture);
  const fixedBytes = weightBytes * dModel * (vocabulary + layers * (width + heads));
  const bytesPerToken = layers * (2 * second * activationBytes * dModel + first * (width + activationBytes * heads));
  const expertBytesPerToken =
    (expertMatrices * activationBytes * (second * dModel + first * dFf)) / sparsity(architecture);
  const secondsPerByte = 1 / (tensorRanks * accelerator.hbmBytesPerSecond);
  const flopPerToken = 2 * activeParameters(architecture) + flopPerAttentionPair(architecture) * contextTokens;
  const published: UniformPass = {
    launchSeconds: 4 * layers * accelerator.kernelLaunchSeconds,
    network: networkOf(architecture, accelerator, layout),
    fixedMemorySeconds: fixedBytes * secondsPerByte,
    memorySecondsPerToken: bytesPerToken * secondsPerByte,
    memorySecondsPerSequence: kvBytesPerToken(architecture) * contextTokens * secondsPerByte,
    expertMemorySeconds: expertMatrices * weightBytes * dModel * dFf * secondsPerByte,
    expertMemorySecondsPerToken: expertBytesPerToken * secondsPerByte,
    computeSecondsPerToken: flopPerToken / (tensorRanks * flopPerSecond(accelerator, weightBytes)),
  };
  return moe === undefined ? published : { ...published, ...weightMemory(architecture, layout, secondsPerByte) };
}

/** What a mixture of experts with shared experts, dense layers or the like reads, by the same coefficients. */
function weightMemory(architecture: Architecture, layout: Layout, secondsPerByte: number) {
  const none = expertTraffic(architecture, 0, matrixShards(layout));
  const one = expertTraffic(architecture, 1, matrixShards(layout));
  const expertSeconds = expertLayers(architecture) * architecture.experts * secondsPerByte;
  return {
    fixedMemorySeconds: none.fixedBytes * secondsPerByte,
    memorySecondsPerToken: (one.fixedBytes - none.fixedBytes) * secondsPerByte,
    expertMemorySeconds: none.bytesPerExpert * expertSeconds,
    expertMemorySecondsPerToken: (one.bytesPerExpert - none.bytesPerExpert) * expertSeconds,
  };
}

/** Seconds of compute or of memory traffic, whichever is larger, where `expertShare` of the experts are touched. */
export function workSeconds(pass: UniformPass, sequences: number, tokens: number, expertShare: number): number {
  return Math.max(memorySecondsOf(pass, sequences, tokens, expertShare), pass.computeSecondsPerToken * tokens);
}

function memorySecondsOf(pass: UniformPass, sequences: number, tokens: number, expertShare: number): number {
  return (
    pass.fixedMemorySeconds +
    pass.memorySecondsPerToken * tokens +
    pass.memorySecondsPerSequence * sequences +
    expertShare * (pass.expertMemorySeconds + pass.expertMemorySecondsPerToken * tokens)
  );
}

/** What a pass over `tokens` new tokens of `sequences` sequences takes, launch, network and work apart. */
export function uniformPassParts(
  architecture: Architecture,
  pass: UniformPass,
  sequences: number,
  tokens: number,
): PassParts {
  const piece = pieceAt(pass.network, tokens);
  return {
    computeSeconds: pass.computeSecondsPerToken * tokens,
    memorySeconds: memorySecondsOf(pass, sequences, tokens, expectedExpertShare(architecture, tokens)),
    networkLatencySeconds: pass.network.latencySeconds[piece]!,
    networkBandwidthSeconds: pass.network.secondsPerToken[piece]! * tokens,
    launchSeconds: pass.launchSeconds,
  };
}

/** Seconds of a pass over `tokens` new tokens of `sequences` sequences. */
export function uniformPassSeconds(
  architecture: Architecture,
  pass: UniformPass,
  sequences: number,
  tokens: number,
): number {
  const { network, launchSeconds } = pass;
  const piece = pieceAt(network, tokens);
  const networkSeconds = network.latencySeconds[piece]! + network.secondsPerToken[piece]! * tokens;
  const share = expectedExpertShare(architecture, tokens);
  return launchSeconds + networkSeconds + workSeconds(pass, sequences, tokens, share);
}
