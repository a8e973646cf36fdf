import type { Accelerator } from "../bounds/accelerator.ts";
import { type Architecture, expertLayers } from "../bounds/architecture.ts";
import type { Layout } from "../bounds/layout.ts";
import { mixtureOfExperts, routingOf } from "../bounds/moe/moe-architecture.ts";
import { type MoeStepTimeModel, moeStepTimeModel } from "../bounds/moe/moe-step-time.ts";
import { type Occupancy, uniformOccupancy } from "../bounds/moe/occupancy.ts";
import type { Placement } from "../bounds/moe/placement.ts";
import { occupancy } from "../bounds/moe/popular-occupancy.ts";
import { pickProbabilities } from "../bounds/moe/popularity.ts";
import { stepForecasts } from "../bounds/moe/step-forecast.ts";
import { missProbabilities } from "../bounds/moe/successive-sampling.ts";
import { type StepTimeModel, stepTimeModel } from "../bounds/step-time.ts";
import { UserError } from "../core/errors.ts";
import type { RandomStreams } from "../core/random.ts";
import type { ExpertForecasts } from "../observe/expert-measurement.ts";
import { drawnStepTime } from "../serving/experts/drawn-step-time.ts";
import { expectedExperts } from "../serving/experts/expected.ts";
import type { ExpertSampler } from "../serving/experts/expert-sampler.ts";
import { layerPlacements } from "../serving/experts/layer-placements.ts";
import { sampledExperts } from "../serving/experts/sampled.ts";
import { sampledExpertsPerRank } from "../serving/experts/sampled-per-rank.ts";
import type { ExpertsOptions } from "./experts-schema.ts";

/** Experts that are followed step by step, with all that their report needs. */
export interface FollowedExperts {
  readonly options: ExpertsOptions;
  readonly stepTime: StepTimeModel;
  readonly priced: MoeStepTimeModel;
  /** Of one layer. */
  readonly occupancy: Occupancy;
  readonly layers: number;
  /** Chance that a token includes each expert. */
  readonly inclusion: Float64Array;
  /** Where the experts of each layer lie; none with tensor parallel. */
  readonly placements: readonly Placement[];
  readonly forecasts: ExpertForecasts;
}

/**
 * How a scenario's experts are followed; undefined where the published formula holds, whose steps are known in advance. Throws
 * `UserError` for what cannot be combined.
 */
export function followedExperts(
  options: ExpertsOptions | undefined,
  architecture: Architecture,
  accelerator: Accelerator,
  layout: Layout,
  streams: RandomStreams,
): FollowedExperts | undefined {
  if (options === undefined) return undefined;
  mixtureOfExperts(architecture, "experts");
  checkExperts(options, layout);
  const { level, maximumOver, parallel, popularity } = options;
  if (level === "expected" && maximumOver === "totals" && parallel === "tensor") return undefined;
  const routing = routingOf(architecture);
  const inclusion = missProbabilities(
    pickProbabilities(popularity, routing.experts, routing.active),
    routing.active,
  ).map((miss) => 1 - miss);
  const layers = expertLayers(architecture);
  const placements =
    parallel === "tensor"
      ? []
      : layerPlacements({
          ...options.placement,
          ranks: layout.tensorRanks,
          layers,
          inclusion,
          permuted: popularity.kind !== "uniform" && popularity.permuted,
          random: streams("experts/placement"),
        });
  const touched = occupancy(routing, popularity);
  const priced = moeStepTimeModel(architecture, accelerator, layout, { parallel, over: maximumOver });
  const sampler = samplerOf(options, touched, placements, layers, layout, streams);
  const drawn = stepForecasts(architecture, accelerator, layout, touched);
  const isUniform = popularity.kind === "uniform";
  return {
    options,
    stepTime: drawnStepTime(stepTimeModel(architecture, accelerator, layout), priced, sampler),
    priced,
    occupancy: touched,
    layers,
    inclusion,
    placements,
    forecasts: {
      maximumOver,
      isTensorParallel: parallel === "tensor",
      drawn,
      uniform: isUniform ? drawn : stepForecasts(architecture, accelerator, layout, uniformOccupancy(routing)),
    },
  };
}

function samplerOf(
  { level, maximumOver, parallel, popularity, persistence }: ExpertsOptions,
  touched: Occupancy,
  placements: readonly Placement[],
  layers: number,
  layout: Layout,
  streams: RandomStreams,
): ExpertSampler {
  const { routing } = touched;
  const random = streams("experts/0");
  switch (level) {
    case "expected":
      return expectedExperts(routing, layers, parallel === "expert" ? layout.tensorRanks : 1);
    case "sampled":
      return sampledExperts({ occupancy: touched, layers, over: maximumOver, random, persistence });
    case "sampled-per-rank":
      return sampledExpertsPerRank({ routing, popularity, placements, random, persistence });
  }
}

/** Throws `UserError` where parts of the section contradict one another or the layout. */
function checkExperts(options: ExpertsOptions, layout: Layout): void {
  const { level, parallel, popularity, persistence, placement } = options;
  const refuse = (key: string, what: string, allowed: string) => {
    throw new UserError(`experts.${key}`, what, allowed);
  };
  if (parallel === "expert" && level === "sampled") {
    refuse("level", "with expert parallel a layer waits for its busiest rank", "expected, sampled-per-rank");
  }
  if (parallel === "tensor" && level === "sampled-per-rank") {
    refuse("level", "with tensor parallel every rank reads a part of each expert", "expected, sampled");
  }
  if (parallel === "expert" && layout.tensorParallel !== "1d") {
    refuse("parallel", "experts whole on one rank need deployment.layout.tensorParallel: 1d", "tensor");
  }
  if (parallel === "expert" && layout.tensorRanks < 2) {
    refuse("parallel", "a stage of one accelerator leaves nothing to share out", "tensor");
  }
  if (level === "expected" && popularity.kind !== "uniform") {
    refuse("popularity", "the published formula knows no popularity", "uniform, or another level");
  }
  if (level === "expected" && persistence > 0) {
    refuse("persistence", "the published formula has no memory", "0, or another level");
  }
  const isPlaced = level === "sampled-per-rank";
  if (!isPlaced && (placement.kind !== "contiguous" || placement.spareSlots > 0)) {
    refuse("placement", "only level sampled-per-rank asks where experts lie", "leave it out");
  }
  if (placement.spareSlots > 0 && placement.kind !== "balanced") {
    refuse("placement.spareSlots", `a ${placement.kind} placement holds each expert once`, "0, or kind: balanced");
  }
}
