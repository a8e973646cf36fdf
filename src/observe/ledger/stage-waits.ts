import type { Advance } from "../../serving/events.ts";
import { Pipeline, Trip } from "../../serving/pipeline.ts";

/** How long the microbatches of one replica wait for each stage of its pipeline, found again from their starts. */
export class StageWaits {
  readonly #pipeline: Pipeline;
  readonly #trip: Trip;
  /** Since when the first stage has been at work without a break. */
  #busySinceSeconds = 0;

  constructor(stages: number) {
    this.#pipeline = new Pipeline(stages);
    this.#trip = new Trip(stages);
  }

  /** How long the first stage had been at work without a break when it took a microbatch at this instant; 0 where it was free. */
  busySecondsBefore(startSeconds: number): number {
    const isHandedOver = this.#pipeline.stages > 1 && this.#pipeline.firstStageFreeSeconds === startSeconds;
    return isHandedOver ? startSeconds - this.#busySinceSeconds : 0;
  }

  /** Tells the waits of a step on its way through the stages, and returns their sum. Steps are told in the order of their starts. */
  enter({ run: { step }, startSeconds }: Advance, visit: (stage: number, seconds: number) => void): number {
    const { stages } = this.#pipeline;
    if (stages === 1 || step === undefined) return 0;
    if (startSeconds > this.#pipeline.firstStageFreeSeconds) this.#busySinceSeconds = startSeconds;
    this.#pipeline.enter(this.#trip, startSeconds, step.stageSeconds, step.hopSeconds);
    let waitedSeconds = 0;
    let readySeconds = startSeconds;
    for (let stage = 0; stage < stages; stage++) {
      const start = this.#trip.startSeconds[stage]!;
      if (start > readySeconds) {
        visit(stage, start - readySeconds);
        waitedSeconds += start - readySeconds;
      }
      readySeconds = start + step.stageSeconds + step.hopSeconds;
    }
    return waitedSeconds;
  }
}
