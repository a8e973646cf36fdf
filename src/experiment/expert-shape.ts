import { matrixShards } from "../bounds/layout.ts";
import { lawMean, lawVariance } from "../bounds/moe/integer-law.ts";
import { expertLayerCost, moeStepCost } from "../bounds/moe/step-cost.ts";
import { stepTimeModel } from "../bounds/step-time.ts";
import type { Deployment } from "../scenario/deployment.ts";
import type { ExpertStep } from "../theory/catalogue/shape.ts";

/**
 * Decode steps whose experts are drawn, as queueing theory sees them, each sequence with the same context: undefined where no experts are
 * drawn, or where they lie whole on ranks of their own, so that a step waits for the busiest of these.
 */
export function expertShape(
  deployment: Deployment,
  contextTokens: number,
): ((batch: number) => ExpertStep) | undefined {
  const { architecture, accelerator, layout, experts } = deployment;
  if (experts?.options.level !== "sampled") return undefined;
  const { maximumOver } = experts.options;
  const published = stepTimeModel(architecture, accelerator, layout);
  return (batch) => {
    const pairs = batch * contextTokens;
    const prices = moeStepCost(architecture, accelerator, layout.tensorRanks, matrixShards(layout), "tensor", batch);
    const cost = expertLayerCost(prices, batch * architecture.activeExperts, pairs, pairs);
    const law = experts.occupancy.law(batch);
    const readsSeconds = cost.memorySecondsPerExpert * lawMean(law);
    const variance = cost.memorySecondsPerExpert ** 2 * lawVariance(law);
    const { tripSeconds, computeSeconds, memorySeconds } = published.time({
      tokens: batch,
      attentionPairs: pairs,
      kvTokensRead: pairs,
      sequences: batch,
      outputs: batch,
    });
    const networkAndLaunchSeconds = tripSeconds - Math.max(computeSeconds, memorySeconds);
    const { layers, otherComputeSeconds, otherMemorySeconds } = cost;
    if (maximumOver === "totals") {
      return {
        parts: 1,
        computeSeconds: layers * cost.computeSeconds + otherComputeSeconds,
        meanMemorySeconds: layers * (cost.memorySeconds + readsSeconds) + otherMemorySeconds,
        memoryVariance: layers * variance,
        fixedSeconds: networkAndLaunchSeconds,
      };
    }
    return {
      parts: layers,
      computeSeconds: cost.computeSeconds,
      meanMemorySeconds: cost.memorySeconds + readsSeconds,
      memoryVariance: variance,
      fixedSeconds: networkAndLaunchSeconds + Math.max(otherComputeSeconds, otherMemorySeconds),
    };
  };
}
