import type { VisitStretch } from "../bounds/step-run.ts";
import type { Histogram } from "../core/histogram.ts";
import type { Advance } from "../serving/events.ts";

/**
 * Records the inter-token latencies of advances: every decoding sequence waits one step's duration for its next token, the
 * first time also for the step to start. One object serves all of a run's advances, so that recording allocates nothing.
 */
export class ItlRecorder {
  #histogram: Histogram | undefined;
  #advance: Advance | undefined;
  #isFirst = false;
  readonly #visit: VisitStretch = (firstSeconds, growthSeconds, count) =>
    this.#record(firstSeconds, growthSeconds, count);

  record(histogram: Histogram, advance: Advance): void {
    const { run, steps, decoding, decodedTokens, startSeconds, sinceSeconds, freshSeconds } = advance;
    // What a step emits beyond a token for each sequence comes at the same instant.
    const atOnce = decodedTokens - steps * decoding;
    if (atOnce > 0) histogram.record(0, atOnce);
    const waitedSeconds = startSeconds - sinceSeconds;
    if (steps === 1 && freshSeconds.length === 0) {
      histogram.record(waitedSeconds + run.seconds(1), decoding);
      return;
    }
    this.#histogram = histogram;
    this.#advance = advance;
    this.#isFirst = waitedSeconds > 0 || freshSeconds.length > 0;
    run.eachStretch(steps, this.#visit);
  }

  #record(firstSeconds: number, growthSeconds: number, count: number): void {
    const histogram = this.#histogram!;
    const { decoding, startSeconds, sinceSeconds, freshSeconds } = this.#advance!;
    if (!this.#isFirst) {
      histogram.recordRamp(firstSeconds, growthSeconds, count, decoding);
      return;
    }
    this.#isFirst = false;
    const together = decoding - freshSeconds.length;
    if (together > 0) histogram.record(startSeconds - sinceSeconds + firstSeconds, together);
    for (const lastSeconds of freshSeconds) histogram.record(startSeconds - lastSeconds + firstSeconds);
    histogram.recordRamp(firstSeconds + growthSeconds, growthSeconds, count - 1, decoding);
  }
}
