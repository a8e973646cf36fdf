import type { Accelerator } from "../accelerator.ts";
import type { Architecture } from "../architecture.ts";
import { collectivesOf } from "../collectives/collective-models.ts";
import { type Layout, matrixShards } from "../layout.ts";
import { dispatchAndCombine } from "./all-to-all.ts";
import { busiestAssignments, busiestReads } from "./busiest-rank.ts";
import { routingOf } from "./moe-architecture.ts";
import { meanDistinct, publishedShare, publishedShareError } from "./occupancy.ts";
import type { Placement } from "./placement.ts";
import { occupancy } from "./popular-occupancy.ts";
import { type Popularity, pickProbabilities } from "./popularity.ts";
import { expertLayerCost, moeStepCost } from "./step-cost.ts";
import { type ExpertLayerCost, stepMoments } from "./step-moments.ts";
import { missProbabilities } from "./successive-sampling.ts";

export interface MoeTableOptions {
  readonly architecture: Architecture;
  readonly accelerator: Accelerator;
  /** One stage's tensor-parallel layout, for the step's time. */
  readonly layout: Layout;
  /** New tokens of each step, one for each sequence; whole numbers. */
  readonly batches: readonly number[];
  readonly contextTokens: number;
  readonly popularity: Popularity;
  /** Where experts lie when they are expert-parallel instead, in order of popularity. */
  readonly placement: Placement;
}

/** One batch of a decode step; counts are of one expert layer, times of all layers. */
export interface MoeRow {
  readonly batch: number;
  readonly distinctMean: number;
  readonly distinctVariance: number;
  readonly distinctDeviation: number;
  /** The published share of the experts, and its error against the exact mean of uniform choice. */
  readonly publishedDistinct: number;
  readonly publishedError: number;
  /** Distinct experts against uniform choice. */
  readonly popularityEffect: number;
  readonly busiestReads: number;
  readonly busiestReadsOverEven: number;
  readonly busiestAssignmentsOverEven: number;
  readonly allToAllSeconds: number;
  readonly computeSeconds: number;
  readonly memorySeconds: number;
  /** Mean, variance (s²) and standard deviation of the larger of the two on totals. */
  readonly workSeconds: number;
  readonly workVariance: number;
  readonly workDeviationSeconds: number;
  /** The mean of the larger one taken for each layer over that on totals, less 1. */
  readonly perLayerOverTotals: number;
  readonly excessOnTotals: number;
  readonly excessPerLayer: number;
  /** The excess on an accelerator with just so much arithmetic that computing takes as long as the mean of memory. */
  readonly kneeExcessOnTotals: number;
  readonly kneeExcessPerLayer: number;
}

/** Heading, unit and scale of each figure of a row, for a printed table. */
export const moeColumns: readonly {
  readonly key: keyof MoeRow;
  readonly heading: string;
  readonly unit: string;
  readonly scale: number;
}[] = [
  { key: "batch", heading: "batch", unit: "tokens", scale: 1 },
  { key: "distinctMean", heading: "distinct experts", unit: "per layer", scale: 1 },
  { key: "distinctVariance", heading: "variance", unit: "per layer", scale: 1 },
  { key: "distinctDeviation", heading: "std dev", unit: "per layer", scale: 1 },
  { key: "publishedDistinct", heading: "published share", unit: "experts", scale: 1 },
  { key: "publishedError", heading: "its error", unit: "% off exact", scale: 100 },
  { key: "popularityEffect", heading: "popularity", unit: "% off uniform", scale: 100 },
  { key: "busiestReads", heading: "busiest rank reads", unit: "experts", scale: 1 },
  { key: "busiestReadsOverEven", heading: "its reads", unit: "× even", scale: 1 },
  { key: "busiestAssignmentsOverEven", heading: "its tokens", unit: "× even", scale: 1 },
  { key: "allToAllSeconds", heading: "all-to-all", unit: "ms", scale: 1e3 },
  { key: "computeSeconds", heading: "compute", unit: "ms", scale: 1e3 },
  { key: "memorySeconds", heading: "memory", unit: "ms", scale: 1e3 },
  { key: "workSeconds", heading: "max of both", unit: "ms", scale: 1e3 },
  { key: "workDeviationSeconds", heading: "std dev", unit: "ms", scale: 1e3 },
  { key: "perLayerOverTotals", heading: "by layer", unit: "% longer", scale: 100 },
  { key: "excessOnTotals", heading: "Jensen, totals", unit: "%", scale: 100 },
  { key: "excessPerLayer", heading: "Jensen, by layer", unit: "%", scale: 100 },
  { key: "kneeExcessOnTotals", heading: "knee, totals", unit: "%", scale: 100 },
  { key: "kneeExcessPerLayer", heading: "knee, by layer", unit: "%", scale: 100 },
];

/**
 * Expert choice and what it does to a decode step, for each batch: tensor-parallel times (mean over random choice, `max` on totals),
 * and the load of the busiest rank and the exchange between ranks if experts were expert-parallel.
 */
export function moeTable(options: MoeTableOptions): MoeRow[] {
  const { architecture, accelerator, layout, batches, contextTokens, popularity, placement } = options;
  const routing = routingOf(architecture);
  const { experts, active } = routing;
  const inclusion = missProbabilities(pickProbabilities(popularity, experts, active), active).map((miss) => 1 - miss);
  const layer = occupancy(routing, popularity);
  const collectives = collectivesOf(accelerator);
  const ranks = layout.tensorRanks;
  const tokenBytes = architecture.dModel * architecture.activationBytes;

  return batches.map((batch) => {
    const distinct = layer.law(batch);
    const distinctMean = layer.mean(batch);
    const reads = busiestReads(placement, inclusion, batch, distinct);
    const assignments = busiestAssignments(placement, inclusion, batch);
    const exchange = dispatchAndCombine(
      collectives,
      placement.ranks,
      Math.ceil(placement.ranks / accelerator.nodeSize),
      assignments.expected,
      { dispatchBytes: tokenBytes, combineBytes: tokenBytes },
    );
    const cost = moeStepCost(architecture, accelerator, ranks, matrixShards(layout), "tensor", batch);
    const layerCost = expertLayerCost(cost, batch * active, batch * contextTokens, batch * contextTokens);
    const totals = stepMoments(distinct, layerCost, "totals");
    const byLayer = stepMoments(distinct, layerCost, "per-layer");
    const knee = atKnee(layerCost, distinctMean);
    return {
      batch,
      distinctMean,
      distinctVariance: layer.variance(batch),
      distinctDeviation: Math.sqrt(layer.variance(batch)),
      publishedDistinct: experts * publishedShare(routing, batch),
      publishedError: publishedShareError(routing, batch),
      popularityEffect: distinctMean / meanDistinct(routing, batch) - 1,
      busiestReads: reads.expected,
      busiestReadsOverEven: reads.expected / reads.even,
      busiestAssignmentsOverEven: assignments.expected / assignments.even,
      allToAllSeconds: cost.expertLayers * (exchange.latencySeconds + exchange.bandwidthSeconds),
      computeSeconds: layerCost.layers * layerCost.computeSeconds + layerCost.otherComputeSeconds,
      memorySeconds:
        layerCost.layers * (layerCost.memorySeconds + layerCost.memorySecondsPerExpert * distinctMean) +
        layerCost.otherMemorySeconds,
      workSeconds: totals.meanSeconds,
      workVariance: totals.varianceSeconds,
      workDeviationSeconds: Math.sqrt(totals.varianceSeconds),
      perLayerOverTotals: byLayer.meanSeconds / totals.meanSeconds - 1,
      excessOnTotals: totals.jensenExcess,
      excessPerLayer: byLayer.jensenExcess,
      kneeExcessOnTotals: stepMoments(distinct, knee, "totals").jensenExcess,
      kneeExcessPerLayer: stepMoments(distinct, knee, "per-layer").jensenExcess,
    };
  });
}

/** The same layers where computing takes just as long as the mean of memory. */
function atKnee(cost: ExpertLayerCost, distinctMean: number): ExpertLayerCost {
  return {
    ...cost,
    computeSeconds: cost.memorySeconds + cost.memorySecondsPerExpert * distinctMean,
    otherComputeSeconds: cost.otherMemorySeconds,
  };
}
