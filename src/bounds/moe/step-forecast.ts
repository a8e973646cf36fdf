import { boundedTables } from "../../core/bounded-tables.ts";
import type { Accelerator } from "../accelerator.ts";
import type { Architecture } from "../architecture.ts";
import { type Layout, matrixShards } from "../layout.ts";
import { type IntegerLaw, lawMean, repeated } from "./integer-law.ts";
import { routingOf } from "./moe-architecture.ts";
import type { Occupancy } from "./occupancy.ts";
import { expertLayerCost, moeStepCost } from "./step-cost.ts";

/** What `max(compute, memory)` of a step comes to over random expert choice, and with the mean number of experts in place of it. */
export interface WorkForecast {
  readonly meanSeconds: number;
  readonly atMeanSeconds: number;
}

/** The closed form of one step with tensor-parallel experts. */
export interface StepForecast {
  /** Of one expert layer. */
  readonly distinctMean: number;
  /** By what the larger of compute and memory is taken over. */
  readonly totals: WorkForecast;
  readonly "per-layer": WorkForecast;
}

/** Closed forms of the steps of one model on one layout, each in constant time once its token count is tabulated. */
export interface StepForecasts {
  distinctMean(tokens: number): number;
  /** `tokens`: new ones, whole; with so many attention pairs and cached tokens read. */
  of(tokens: number, pairs: number, kvTokens: number): StepForecast;
}

const mostTableBytes = 16 * 2 ** 20;

/** The same as `stepMoments` gives, for many steps: batches stay, contexts grow. */
export function stepForecasts(
  architecture: Architecture,
  accelerator: Accelerator,
  layout: Layout,
  occupancy: Occupancy,
): StepForecasts {
  const { active } = routingOf(architecture);
  const tableOf = boundedTables((tokens) => {
    const law = occupancy.law(tokens);
    const prices = moeStepCost(architecture, accelerator, layout.tensorRanks, matrixShards(layout), "tensor", tokens);
    const layer = maximumOf(law);
    const total = maximumOf(repeated(law, prices.expertLayers));
    const distinctMean = occupancy.mean(tokens);
    return { prices, layer, total, distinctMean, bytes: layer.bytes + total.bytes };
  }, mostTableBytes);

  return {
    distinctMean: (tokens) => tableOf(tokens).distinctMean,
    of(tokens, pairs, kvTokens) {
      const { prices, layer, total, distinctMean } = tableOf(tokens);
      const cost = expertLayerCost(prices, tokens * active, pairs, kvTokens);
      const { layers, computeSeconds, memorySeconds, memorySecondsPerExpert } = cost;
      const compute = layers * computeSeconds + cost.otherComputeSeconds;
      const memory = layers * memorySeconds + cost.otherMemorySeconds;
      const other = Math.max(cost.otherComputeSeconds, cost.otherMemorySeconds);
      return {
        distinctMean,
        totals: {
          meanSeconds: total.mean(compute, memory, memorySecondsPerExpert),
          atMeanSeconds: Math.max(compute, memory + memorySecondsPerExpert * total.lawMean),
        },
        "per-layer": {
          meanSeconds: other + layers * layer.mean(computeSeconds, memorySeconds, memorySecondsPerExpert),
          atMeanSeconds:
            other + layers * Math.max(computeSeconds, memorySeconds + memorySecondsPerExpert * layer.lawMean),
        },
      };
    },
  };
}

/** `E[max(floor, start + slope·X)]` for any such line in constant time, from the tails of the law of `X` and their means. */
export function maximumOf(law: IntegerLaw) {
  const { first, probabilities } = law;
  const size = probabilities.length;
  const above = new Float64Array(size + 1);
  const meanAbove = new Float64Array(size + 1);
  for (let i = size - 1; i >= 0; i--) {
    above[i] = above[i + 1]! + probabilities[i]!;
    meanAbove[i] = meanAbove[i + 1]! + probabilities[i]! * (first + i);
  }
  return {
    lawMean: lawMean(law),
    bytes: above.byteLength + meanAbove.byteLength,
    mean(floor: number, start: number, slope: number): number {
      const i = Math.min(size, Math.max(0, Math.floor((floor - start) / slope) + 1 - first));
      return floor * (1 - above[i]!) + start * above[i]! + slope * meanAbove[i]!;
    },
  };
}
