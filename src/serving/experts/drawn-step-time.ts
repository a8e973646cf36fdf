import type { MoeStepTimeModel } from "../../bounds/moe/moe-step-time.ts";
import type { StepTimeModel } from "../../bounds/step-time.ts";
import type { ExpertSampler } from "./expert-sampler.ts";

/** The published model, but that each step's experts are drawn, and priced as drawn. Not steady: no step is known in advance. */
export function drawnStepTime(
  published: StepTimeModel,
  priced: MoeStepTimeModel,
  sampler: ExpertSampler,
): StepTimeModel {
  return {
    ...published,
    isSteady: false,
    time(shape) {
      const loads = sampler.sample(shape.tokens, shape.sequences, shape.microbatch);
      const time = priced.time(shape, loads);
      const { touchedTotal, distinctTotal, assignmentsTotal } = loads;
      const { workSeconds, perLayerSeconds } = time;
      // Spelt out: spreading the parts would cost as much as drawing the experts.
      return {
        computeSeconds: time.computeSeconds,
        memorySeconds: time.memorySeconds,
        networkLatencySeconds: time.networkLatencySeconds,
        networkBandwidthSeconds: time.networkBandwidthSeconds,
        launchSeconds: time.launchSeconds,
        hopSeconds: time.hopSeconds,
        stageSeconds: time.stageSeconds,
        tripSeconds: time.tripSeconds,
        experts: {
          tokens: shape.tokens,
          touched: touchedTotal,
          reads: distinctTotal,
          assignments: assignmentsTotal,
          workSeconds,
          perLayerSeconds,
          latest: loads,
        },
      };
    },
  };
}
