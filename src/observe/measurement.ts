import type { Advance, ServingEvent } from "../serving/events.ts";
import type { RequestRecord } from "../serving/request.ts";
import type { StageUse } from "../serving/stage-books.ts";
import { type Fold, probe } from "./probe.ts";
import { pairwise, Sections } from "./sections.ts";
import type { Tally } from "./tally.ts";

/** All figures of a run, as a whole and by section. */
export interface Measurement {
  readonly total: Tally;
  /** Consecutive stretches of equally many finished requests. */
  readonly sections: readonly Tally[];
  /** The same, half as many and twice as long, and so on: longer sections resemble their neighbours less. */
  readonly groupings: readonly (readonly Tally[])[];
  readonly endSeconds: number;
  /** By replica and stage. */
  readonly stages: readonly (readonly StageUse[])[];
}

/**
 * Measures latency, throughput, occupancy and work of a run in one pass over its events. It is cheaper where it is told
 * how many requests will finish.
 */
export const measurement = (expectedFinishes?: number) => probe(() => new Measuring(expectedFinishes));

/** The state of the measurement: reading it costs nothing to the run. */
export class Measuring implements Fold<Measurement> {
  readonly #sections: Sections;
  #sectionStartSeconds = 0;
  #nowSeconds = 0;
  #waiting = 0;
  #running = 0;
  #stages: Measurement["stages"] = [];

  constructor(expectedFinishes?: number) {
    this.#sections = new Sections(expectedFinishes);
  }

  on(event: ServingEvent): void {
    this.#moveTo(event.kind === "advance" ? Math.max(this.#nowSeconds, event.atSeconds) : event.atSeconds);
    const { counts, latency } = this.#sections.current;
    switch (event.kind) {
      case "arrival":
        counts.offered++;
        this.#waiting = event.waiting;
        break;
      case "rejection":
        counts.offered++;
        counts.rejected++;
        break;
      case "dispatch":
        this.#waiting = event.waiting;
        this.#running += event.admitted.length;
        for (const request of event.admitted) {
          if (request.preemptions === 0) latency.queueingSeconds.record(event.atSeconds - request.arrivalSeconds);
        }
        break;
      case "preemption":
        this.#running--;
        counts.preemptions++;
        if (event.request.preemptions === 1) counts.preemptedRequests++;
        break;
      case "advance":
        recordAdvance(this.#sections.current, event);
        break;
      case "finish":
        this.#running--;
        recordFinish(this.#sections.current, event.request);
        break;
      case "end":
        this.#stages = event.stages;
        break;
    }
  }

  result(): Measurement {
    this.#addSectionTime();
    const sections = this.#sections.complete;
    let groupings: readonly (readonly Tally[])[] | undefined;
    return {
      total: this.#sections.total(),
      sections,
      get groupings() {
        groupings ??= groupingsOf(sections);
        return groupings;
      },
      endSeconds: this.#nowSeconds,
      stages: this.#stages,
    };
  }

  /** A section ends between two instants, so that what happens at one instant is never torn apart. */
  #moveTo(seconds: number): void {
    const elapsed = seconds - this.#nowSeconds;
    if (elapsed <= 0) return;
    if (this.#sections.isFull) {
      this.#addSectionTime();
      this.#sections.cut();
    }
    if (this.#waiting > 0) this.#sections.current.add("queueSeconds", this.#waiting * elapsed);
    if (this.#running > 0) this.#sections.current.add("batchSeconds", this.#running * elapsed);
    this.#nowSeconds = seconds;
  }

  #addSectionTime(): void {
    this.#sections.current.add("seconds", this.#nowSeconds - this.#sectionStartSeconds);
    this.#sectionStartSeconds = this.#nowSeconds;
  }
}

function groupingsOf(sections: readonly Tally[]): (readonly Tally[])[] {
  const groupings = [sections];
  for (let pairs = pairwise(sections); pairs.length > 1; pairs = pairwise(pairs)) groupings.push(pairs);
  return groupings;
}

function recordAdvance(tally: Tally, event: Advance): void {
  const { counts, latency } = tally;
  const { decoding, steps, prefilled } = event;
  tally.add("kvTokenSeconds", event.kvTokenSeconds);
  counts.outputTokens += event.decodedTokens + prefilled.length;
  counts.prefillTokens += event.prefillTokens;
  counts.recomputedTokens += event.recomputedTokens;
  counts.prefillPairs += event.prefillPairs;
  if (decoding > 0 && steps > 0) {
    counts.decodeSteps += steps;
    counts.decodeTokens += event.decodedTokens;
    counts.decodePairs += event.decodePairs;
    recordItl(tally, event);
  }
  for (const gapSeconds of event.resumedAfterSeconds) latency.itlSeconds.record(gapSeconds);
  for (const request of prefilled) {
    const isFirstToken = request.firstTokenSeconds === event.atSeconds;
    if (!isFirstToken) continue;
    counts.promptTokens += request.promptTokens;
    latency.ttftSeconds.record(request.firstTokenSeconds - request.arrivalSeconds);
  }
}

/** Every decoding sequence waits one step's duration for its next token, the first time also for the step to start. */
function recordItl(
  { latency: { itlSeconds } }: Tally,
  { run, steps, decoding, startSeconds, sinceSeconds, freshSeconds }: Advance,
): void {
  let waitedSeconds = startSeconds - sinceSeconds;
  run.eachStretch(steps, (firstSeconds, growthSeconds, count) => {
    if (waitedSeconds > 0) {
      itlSeconds.record(waitedSeconds + firstSeconds, decoding - freshSeconds.length);
      for (const lastSeconds of freshSeconds) itlSeconds.record(startSeconds - lastSeconds + firstSeconds);
      itlSeconds.recordRamp(firstSeconds + growthSeconds, growthSeconds, count - 1, decoding);
      waitedSeconds = 0;
    } else {
      itlSeconds.recordRamp(firstSeconds, growthSeconds, count, decoding);
    }
  });
}

function recordFinish({ counts, latency }: Tally, request: RequestRecord): void {
  counts.finished++;
  latency.e2eSeconds.record(request.finishSeconds - request.arrivalSeconds);
  if (request.outputTokens > 1) {
    latency.tpotSeconds.record((request.finishSeconds - request.firstTokenSeconds) / (request.outputTokens - 1));
  }
}
