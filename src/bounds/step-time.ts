import { type Accelerator, flopPerSecond } from "./accelerator.ts";
import { type Architecture, activeParameters, kvBytesPerToken } from "./architecture.ts";
import type { CollectiveModel } from "./collectives/collective-model.ts";
import { collectivesOf } from "./collectives/collective-models.ts";
import { type Layout, layoutNetwork, matrixShards, stageWeights } from "./layout.ts";
import type { StepExperts } from "./moe/step-experts.ts";
import { StepCosts, type TokenCost } from "./step-costs.ts";
import { flop, flopPerAttentionPair, weightAndActivationBytes } from "./traffic.ts";

/** All that the time of a step depends on: one microbatch of sequences that may differ in new and cached tokens. */
export interface BatchShape {
  /** New tokens of all sequences. */
  readonly tokens: number;
  /** Pairs of a new token and a token it attends to. */
  readonly attentionPairs: number;
  /** Tokens read from the KV cache. */
  readonly kvTokensRead: number;
  readonly sequences: number;
  /** Sequences that emit a token in this step. */
  readonly outputs: number;
  /** Index of the microbatch, for steps that depend on its steps before; 0 unless said. */
  readonly microbatch?: number;
}

/** What the time of a pass through all layers is made of: launch, network and `max(compute, memory)` add up to it. */
export interface PassParts {
  readonly computeSeconds: number;
  readonly memorySeconds: number;
  /** Start-up of all-reduces and of hops between stages. */
  readonly networkLatencySeconds: number;
  /** Bytes on the wire of all-reduces and of hops between stages. */
  readonly networkBandwidthSeconds: number;
  readonly launchSeconds: number;
}

/** Time of one microbatch's trip through all pipeline stages and its parts. */
export interface StepTime extends PassParts {
  /** One hop between neighbouring stages. */
  readonly hopSeconds: number;
  /** The mean stage, hops apart. */
  readonly stageSeconds: number;
  /** All stages and the hops between them. */
  readonly tripSeconds: number;
  /** What was drawn, where experts are. */
  readonly experts?: StepExperts;
}

/** Step times of one model on one given layout: a microbatch costs what its tokens cost, plus its pairs and its cached tokens. */
export interface StepTimeModel {
  readonly layout: Layout;
  /** What each stage takes over the mean stage, of stages that take one microbatch after another. */
  readonly stageWeights: readonly number[];
  /** Into how many microbatches a step is cut that fills and drains all stages by itself, and counts as one of a single stage. */
  readonly stepParts: number;
  /**
   * Whether the decode steps of one unchanging batch lie on the straight lines of `tokenCost` and the two slopes, so that any number of
   * them is known in advance; otherwise only `time`, asked once for each step, says what a step takes.
   */
  readonly isSteady: boolean;
  readonly computeSecondsPerPair: number;
  readonly memorySecondsPerKvToken: number;
  /** Cost of that many new tokens, pairs and cached tokens apart. */
  tokenCost(tokens: number): TokenCost;
  /** The same, remembered, as steps that are known in advance need it. */
  readonly costs: StepCosts;
  time(shape: BatchShape): StepTime;
  /** FLOP of a step. */
  flop(tokens: number, attentionPairs: number): number;
}

/**
 * The published time of a layout (Erdil 2025, section 3.5 and equation 29) for microbatches of uneven sequences: compute and memory are
 * linear in attention pairs and cached tokens, everything else depends on the number of new tokens only.
 * Each of the stages takes its share of the layers; `max(compute, memory)` is taken over the whole pass.
 */
export function stepTimeModel(
  architecture: Architecture,
  accelerator: Accelerator,
  layout: Layout,
  collectives: CollectiveModel = collectivesOf(accelerator),
): StepTimeModel {
  const { layers } = architecture;
  const { tensorRanks, pipelineStages } = layout;
  const stageFlopPerSecond = tensorRanks * flopPerSecond(accelerator, architecture.weightBytes);
  const stageBytesPerSecond = tensorRanks * accelerator.hbmBytesPerSecond;
  const computeSecondsPerToken = (2 * activeParameters(architecture)) / stageFlopPerSecond;
  const computeSecondsPerPair = flopPerAttentionPair(architecture) / stageFlopPerSecond;
  const memorySecondsPerKvToken = kvBytesPerToken(architecture) / stageBytesPerSecond;
  const launchSeconds = 4 * layers * accelerator.kernelLaunchSeconds;
  const shards = matrixShards(layout);
  const network = layoutNetwork(architecture, accelerator.nodeSize, collectives, layout);

  function tokenCost(tokens: number): TokenCost {
    const reduce = network.layerAllReduces(tokens);
    const hop = network.stageHop(tokens);
    return {
      computeSeconds: computeSecondsPerToken * tokens,
      memorySeconds: weightAndActivationBytes(architecture, tokens, shards) / stageBytesPerSecond,
      networkLatencySeconds: layers * reduce.latencySeconds,
      networkBandwidthSeconds: layers * reduce.bandwidthSeconds,
      launchSeconds,
      hopLatencySeconds: hop.latencySeconds,
      hopBandwidthSeconds: hop.bandwidthSeconds,
      hopSeconds: hop.latencySeconds + hop.bandwidthSeconds,
    };
  }

  function time(shape: BatchShape): StepTime {
    const cost = tokenCost(shape.tokens);
    const computeSeconds = cost.computeSeconds + computeSecondsPerPair * shape.attentionPairs;
    const memorySeconds = cost.memorySeconds + memorySecondsPerKvToken * shape.kvTokensRead;
    const workSeconds = Math.max(computeSeconds, memorySeconds);
    const stageSeconds =
      (cost.launchSeconds + cost.networkLatencySeconds + cost.networkBandwidthSeconds + workSeconds) / pipelineStages;
    const hops = pipelineStages - 1;
    return {
      computeSeconds,
      memorySeconds,
      networkLatencySeconds: cost.networkLatencySeconds + hops * cost.hopLatencySeconds,
      networkBandwidthSeconds: cost.networkBandwidthSeconds + hops * cost.hopBandwidthSeconds,
      launchSeconds: cost.launchSeconds,
      hopSeconds: cost.hopSeconds,
      stageSeconds,
      tripSeconds: pipelineStages * stageSeconds + hops * cost.hopSeconds,
    };
  }

  return {
    layout,
    stageWeights: stageWeights(layout),
    stepParts: 1,
    isSteady: true,
    computeSecondsPerPair,
    memorySecondsPerKvToken,
    tokenCost,
    costs: new StepCosts(tokenCost),
    time,
    flop: (tokens, pairs) => flop(architecture, tokens, pairs),
  };
}
