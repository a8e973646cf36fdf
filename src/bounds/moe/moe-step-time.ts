import { UserError } from "../../core/errors.ts";
import type { Accelerator } from "../accelerator.ts";
import { type Architecture, expertLayers } from "../architecture.ts";
import type { CollectiveModel, CollectiveTime } from "../collectives/collective-model.ts";
import { collectivesOf } from "../collectives/collective-models.ts";
import { type Layout, layoutNetwork, matrixShards, nodesPerReduce, ranksPerReduce } from "../layout.ts";
import type { BatchShape, StepTime } from "../step-time.ts";
import { dispatchAndCombine, type TokenBytes } from "./all-to-all.ts";
import {
  type ExpertLoads,
  type ExpertParallel,
  type MoeStepCost,
  type MoeWork,
  moeStepCost,
  moeWork,
} from "./step-cost.ts";
import type { MaximumOver } from "./step-moments.ts";

export interface MoeStepTimeOptions {
  readonly parallel: ExpertParallel;
  readonly over: MaximumOver;
  /** With expert parallel: bytes of one hidden vector out and back; activations at their own precision by default. */
  readonly tokenBytes?: TokenBytes;
}

/** A step's time with its `max(compute, memory)` part. */
export interface MoeStepTime extends StepTime, Pick<MoeWork, "workSeconds" | "perLayerSeconds"> {}

/** Step times of a mixture of experts with given expert loads: what `StepTimeModel` is for expected ones. */
export interface MoeStepTimeModel {
  readonly layout: Layout;
  /** The same parts as `StepTimeModel.time`, and the same figures for published loads on totals of tensor-parallel experts. */
  time(shape: BatchShape, loads: ExpertLoads): MoeStepTime;
}

/** What a step costs whichever experts it touches. */
interface TokenCost {
  readonly tokens: number;
  readonly prices: MoeStepCost;
  readonly reduces: CollectiveTime;
  readonly hop: CollectiveTime;
}

/**
 * The published step time with given expert loads in place of expected ones. With expert parallel (matrices cut one way, as many ranks
 * as a stage has) an expert layer keeps the all-reduce of its attention, half of which gathers tokens that were spread out for the
 * experts, and has dispatch and combine in place of the other one.
 */
export function moeStepTimeModel(
  architecture: Architecture,
  accelerator: Accelerator,
  layout: Layout,
  options: MoeStepTimeOptions,
  collectives: CollectiveModel = collectivesOf(accelerator),
): MoeStepTimeModel {
  const { parallel, over } = options;
  const { layers, dModel, activationBytes } = architecture;
  const layersWithExperts = expertLayers(architecture);
  const { tensorRanks, pipelineStages } = layout;
  if (parallel === "expert" && layout.tensorParallel !== "1d") {
    throw new UserError("layout.tensorParallel", "experts whole on one rank leave nothing to cut the other way", "1d");
  }
  const { dispatchBytes, combineBytes } = options.tokenBytes ?? {
    dispatchBytes: dModel * activationBytes,
    combineBytes: dModel * activationBytes,
  };
  const ranks = ranksPerReduce(layout);
  const nodes = nodesPerReduce(layout, accelerator.nodeSize);
  const launchSeconds = 4 * layers * accelerator.kernelLaunchSeconds;
  const shards = matrixShards(layout);
  const network = layoutNetwork(architecture, accelerator.nodeSize, collectives, layout);

  function allReduces(tokens: number): CollectiveTime {
    const full = network.layerAllReduces(tokens);
    if (parallel === "tensor") return scaled(full, layers);
    const attention = collectives.allReduce(ranks, nodes, dModel * tokens * activationBytes);
    return added(scaled(full, layers - layersWithExperts), scaled(attention, layersWithExperts));
  }

  let last: TokenCost | undefined;
  function tokenCost(tokens: number): TokenCost {
    // Decode steps come in long runs of one size.
    if (last?.tokens !== tokens) {
      last = {
        tokens,
        prices: moeStepCost(architecture, accelerator, tensorRanks, shards, parallel, tokens),
        reduces: allReduces(tokens),
        hop: network.stageHop(tokens),
      };
    }
    return last;
  }

  /** All layers at their mean load: the exchange's time is linear in it but for the choice of protocol. */
  function exchanges(loads: ExpertLoads): CollectiveTime {
    const busiest = loads.assignmentsTotal / layersWithExperts;
    return scaled(
      dispatchAndCombine(collectives, ranks, nodes, busiest, { dispatchBytes, combineBytes }),
      layersWithExperts,
    );
  }

  return {
    layout,
    time(shape, loads) {
      const { prices, reduces, hop } = tokenCost(shape.tokens);
      const network = parallel === "expert" ? added(reduces, exchanges(loads)) : reduces;
      const work = moeWork(prices, loads, shape.attentionPairs, shape.kvTokensRead, over);
      const hopSeconds = hop.latencySeconds + hop.bandwidthSeconds;
      const hops = pipelineStages - 1;
      const stageSeconds =
        (launchSeconds + network.latencySeconds + network.bandwidthSeconds + work.workSeconds) / pipelineStages;
      return {
        computeSeconds: work.computeSeconds,
        memorySeconds: work.memorySeconds,
        workSeconds: work.workSeconds,
        perLayerSeconds: work.perLayerSeconds,
        networkLatencySeconds: network.latencySeconds + hops * hop.latencySeconds,
        networkBandwidthSeconds: network.bandwidthSeconds + hops * hop.bandwidthSeconds,
        launchSeconds,
        hopSeconds,
        stageSeconds,
        tripSeconds: pipelineStages * stageSeconds + hops * hopSeconds,
      };
    },
  };
}

function scaled({ latencySeconds, bandwidthSeconds }: CollectiveTime, times: number): CollectiveTime {
  return { latencySeconds: times * latencySeconds, bandwidthSeconds: times * bandwidthSeconds };
}

function added(a: CollectiveTime, b: CollectiveTime): CollectiveTime {
  return {
    latencySeconds: a.latencySeconds + b.latencySeconds,
    bandwidthSeconds: a.bandwidthSeconds + b.bandwidthSeconds,
  };
}
