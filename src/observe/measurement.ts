import type { Advance, Arrival, Dispatch, End, ServingEvent } from "../serving/events.ts";
import { isFirstAdmission, type RequestRecord } from "../serving/request.ts";
import type { StageUse } from "../serving/stage-use.ts";
import { ItlRecorder } from "./itl-recorder.ts";
import { OldestWaiting } from "./oldest-waiting.ts";
import { type Fold, probe } from "./probe.ts";
import type { RequestTally } from "./request-tally.ts";
import { groupingsOf, newTally, Sections } from "./sections.ts";
import type { Tally } from "./tally.ts";

/** All figures of a run, as a whole and by section. */
export interface Measurement {
  readonly total: Tally;
  /** Consecutive stretches of equally many finished requests. */
  readonly sections: readonly Tally[];
  /** The same, half as many and twice as long, and so on: longer sections resemble their neighbours less. */
  readonly groupings: readonly (readonly Tally[])[];
  readonly endSeconds: number;
  /** The greatest age at which a request waited for its first admission; `-Infinity` where none came. */
  readonly longestWaitSeconds: number;
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
  readonly #oldest = new OldestWaiting();
  /** Requests with targets that have not ended. */
  readonly #promised = new Map<number, RequestRecord>();
  readonly #itl = new ItlRecorder();
  #stages: Measurement["stages"] = [];

  constructor(expectedFinishes?: number) {
    this.#sections = new Sections(expectedFinishes);
  }

  on(event: ServingEvent): void {
    const { kind, atSeconds } = event;
    if (atSeconds > this.#nowSeconds) this.#moveTo(atSeconds);
    const { current } = this.#sections;
    switch (kind) {
      case "arrival":
        this.#arrive(current, event);
        break;
      case "rejection":
        current.reject(event.request);
        classOf(current, event.request)?.reject(event.request);
        break;
      case "dispatch":
        this.#dispatch(current, event);
        break;
      case "preemption":
        this.#running--;
        current.preempt(event.request);
        classOf(current, event.request)?.preempt(event.request);
        break;
      case "handoff":
        this.#waiting = event.waiting;
        this.#running--;
        break;
      case "advance":
        recordAdvance(current, event, this.#itl);
        break;
      case "finish":
        this.#finish(current, event.request);
        break;
      case "end":
        this.#end(current, event);
        break;
    }
  }

  result(): Measurement {
    this.#addSectionTime();
    const sections = this.#sections.complete;
    const total = this.#sections.total();
    let groupings: readonly (readonly Tally[])[] | undefined;
    return {
      total,
      sections,
      get groupings() {
        groupings ??= groupingsOf(sections, newTally);
        return groupings;
      },
      endSeconds: this.#nowSeconds,
      longestWaitSeconds: this.#longestWait(total),
      stages: this.#stages,
    };
  }

  #arrive(tally: Tally, { request, waiting }: Arrival): void {
    this.#waiting = waiting;
    this.#oldest.enter(request);
    if (request.slo !== undefined) this.#promised.set(request.id, request);
    tally.offer(request);
    classOf(tally, request)?.offer(request);
  }

  #dispatch(tally: Tally, { admitted, cachedTokens, waiting, atSeconds }: Dispatch): void {
    this.#waiting = waiting;
    tally.counts.cachedTokens += cachedTokens;
    this.#running += admitted.length;
    for (const request of admitted) {
      if (!isFirstAdmission(request)) continue;
      this.#oldest.leave(request);
      tally.admitFirst(request, atSeconds);
      classOf(tally, request)?.admitFirst(request, atSeconds);
    }
  }

  #finish(tally: Tally, request: RequestRecord): void {
    this.#running--;
    if (request.slo !== undefined) this.#promised.delete(request.id);
    tally.finish(request);
    classOf(tally, request)?.finish(request);
  }

  #end(tally: Tally, { atSeconds, stages }: End): void {
    this.#stages = stages;
    for (const request of this.#promised.values()) {
      tally.leave(request, atSeconds);
      classOf(tally, request)?.leave(request, atSeconds);
    }
  }

  #longestWait({ latency: { queueingSeconds } }: Tally): number {
    const { sinceSeconds } = this.#oldest;
    const waitedSeconds = Number.isNaN(sinceSeconds) ? Number.NEGATIVE_INFINITY : this.#nowSeconds - sinceSeconds;
    return Math.max(queueingSeconds.greatest, waitedSeconds);
  }

  /** A section ends between two instants, so that what happens at one instant is never torn apart. */
  #moveTo(atSeconds: number): void {
    const elapsed = atSeconds - this.#nowSeconds;
    if (this.#sections.isFull) {
      this.#addSectionTime();
      this.#sections.cut();
    }
    const { integrals } = this.#sections.current;
    if (this.#running > 0) integrals.batchSeconds.add(this.#running * elapsed);
    if (this.#waiting > 0) {
      integrals.queueSeconds.add(this.#waiting * elapsed);
      const { sinceSeconds } = this.#oldest;
      // None of those that wait may be waiting for the first time.
      if (sinceSeconds <= atSeconds) {
        integrals.oldestWaitSeconds.add(elapsed * (atSeconds - elapsed / 2 - sinceSeconds));
      }
    }
    this.#nowSeconds = atSeconds;
  }

  #addSectionTime(): void {
    this.#sections.current.integrals.seconds.add(this.#nowSeconds - this.#sectionStartSeconds);
    this.#sectionStartSeconds = this.#nowSeconds;
  }
}

/** Of a request that belongs to a class, the tally of that class. */
function classOf(tally: Tally, { className }: RequestRecord): RequestTally | undefined {
  return className === undefined ? undefined : tally.ofClass(className);
}

function recordAdvance(tally: Tally, event: Advance, itl: ItlRecorder): void {
  const { counts, latency, integrals } = tally;
  const { decoding, padding, steps, prefilled, draftSeconds, swapSeconds } = event;
  integrals.kvTokenSeconds.add(event.kvTokenSeconds);
  counts.outputTokens += event.decodedTokens + prefilled.length;
  counts.prefillTokens += event.prefillTokens;
  counts.recomputedTokens += event.recomputedTokens;
  counts.prefillPairs += event.prefillPairs;
  if (decoding > 0 && steps > 0) {
    counts.decodeSteps += steps;
    counts.decodeSlots += steps * decoding;
    counts.decodeTokens += event.decodedTokens;
    counts.draftTokens += event.decodedTokens - decoding * steps + event.rejectedTokens;
    counts.decodePairs += event.decodePairs;
    itl.record(latency.itlSeconds, event);
  }
  counts.rejectedTokens += event.rejectedTokens;
  counts.paddingSlots += steps * padding;
  if (draftSeconds > 0) integrals.draftSeconds.add(draftSeconds);
  if (swapSeconds > 0) integrals.swapSeconds.add(swapSeconds);
  for (const gapSeconds of event.resumedAfterSeconds) latency.itlSeconds.record(gapSeconds);
  for (const request of prefilled) {
    const isFirstToken = request.firstTokenSeconds === event.atSeconds;
    if (!isFirstToken) continue;
    counts.promptTokens += request.promptTokens;
    tally.emitFirst(request);
    classOf(tally, request)?.emitFirst(request);
  }
}
