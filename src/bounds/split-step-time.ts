import { StepCosts, type TokenCost } from "./step-costs.ts";
import type { StepTime, StepTimeModel } from "./step-time.ts";

/**
 * One batch that is cut into as many equal microbatches as there are stages, and whose next step starts when the last of
 * them has left: PP of them through PP equal stages, `(2·PP − 1)·stage(b/PP) + (PP − 1)·hop(b/PP)`, as long as a flow shop takes
 * over equal jobs. A step is then one of a single stage. Where there are fewer sequences than stages they are cut too.
 */
export function splitStepTime(ofStages: StepTimeModel): StepTimeModel {
  const stages = ofStages.layout.pipelineStages;
  const hops = stages - 1;
  /** Passes through all layers that a step takes, microbatches side by side. */
  const passes = (2 * stages - 1) / stages;
  const computeSecondsPerPair = (passes / stages) * ofStages.computeSecondsPerPair;
  const memorySecondsPerKvToken = (passes / stages) * ofStages.memorySecondsPerKvToken;

  function tokenCost(tokens: number): TokenCost {
    const cost = ofStages.tokenCost(tokens / stages);
    return {
      computeSeconds: passes * cost.computeSeconds,
      memorySeconds: passes * cost.memorySeconds,
      networkLatencySeconds: passes * cost.networkLatencySeconds + hops * cost.hopLatencySeconds,
      networkBandwidthSeconds: passes * cost.networkBandwidthSeconds + hops * cost.hopBandwidthSeconds,
      launchSeconds: passes * cost.launchSeconds,
      hopLatencySeconds: hops * cost.hopLatencySeconds,
      hopBandwidthSeconds: hops * cost.hopBandwidthSeconds,
      hopSeconds: hops * cost.hopSeconds,
    };
  }

  return {
    ...ofStages,
    stageWeights: [1],
    stepParts: stages,
    computeSecondsPerPair,
    memorySecondsPerKvToken,
    tokenCost,
    costs: new StepCosts(tokenCost),
    time({ tokens, attentionPairs, kvTokensRead }): StepTime {
      const cost = tokenCost(tokens);
      const computeSeconds = cost.computeSeconds + computeSecondsPerPair * attentionPairs;
      const memorySeconds = cost.memorySeconds + memorySecondsPerKvToken * kvTokensRead;
      const { launchSeconds, networkLatencySeconds, networkBandwidthSeconds, hopSeconds } = cost;
      const networkSeconds = networkLatencySeconds + networkBandwidthSeconds;
      const stepSeconds = launchSeconds + networkSeconds + Math.max(computeSeconds, memorySeconds);
      return {
        computeSeconds,
        memorySeconds,
        networkLatencySeconds,
        networkBandwidthSeconds,
        launchSeconds,
        hopSeconds,
        stageSeconds: stepSeconds,
        tripSeconds: stepSeconds,
      };
    },
  };
}
