import { Histogram } from "../core/histogram.ts";
import type { RequestRecord } from "../serving/request.ts";
import { isLate, meets } from "./service-level.ts";

/** Numbers of requests. */
export class RequestCounts {
  offered = 0;
  finished = 0;
  rejected = 0;
  preemptions = 0;
  preemptedRequests = 0;
  /** Output tokens that the offered requests ask for, and those of the finished ones. */
  requestedTokens = 0;
  finishedTokens = 0;
  /** Offered requests with targets; those that met all of them, and those that missed one for good. */
  sloOffered = 0;
  sloMet = 0;
  sloMissed = 0;
}

/** Latencies that a request has. */
export class RequestLatencies {
  readonly ttftSeconds = new Histogram();
  readonly tpotSeconds = new Histogram();
  readonly e2eSeconds = new Histogram();
  /** E2E over output tokens. */
  readonly normalisedSeconds = new Histogram();
  readonly queueingSeconds = new Histogram();
}

export type RequestLatency = keyof RequestLatencies;

/**
 * What became of requests over a stretch of a run, of all or of one class; two merge into that of both. A rejected request
 * is one whose every latency never came.
 */
export class RequestTally {
  readonly counts: RequestCounts;
  readonly latency: RequestLatencies;

  constructor(counts = new RequestCounts(), latency = new RequestLatencies()) {
    this.counts = counts;
    this.latency = latency;
  }

  offer({ outputTokens, slo }: RequestRecord): void {
    const { counts } = this;
    counts.offered++;
    counts.requestedTokens += outputTokens;
    if (slo !== undefined) counts.sloOffered++;
  }

  /** A request that is offered and turned away. */
  reject(request: RequestRecord): void {
    const { counts, latency } = this;
    this.offer(request);
    counts.rejected++;
    if (request.slo !== undefined) counts.sloMissed++;
    latency.ttftSeconds.recordMissing();
    latency.e2eSeconds.recordMissing();
    latency.normalisedSeconds.recordMissing();
    latency.queueingSeconds.recordMissing();
    if (request.outputTokens > 1) latency.tpotSeconds.recordMissing();
  }

  admitFirst({ arrivalSeconds }: RequestRecord, atSeconds: number): void {
    this.latency.queueingSeconds.record(atSeconds - arrivalSeconds);
  }

  preempt({ preemptions }: RequestRecord): void {
    this.counts.preemptions++;
    if (preemptions === 1) this.counts.preemptedRequests++;
  }

  emitFirst({ firstTokenSeconds, arrivalSeconds }: RequestRecord): void {
    this.latency.ttftSeconds.record(firstTokenSeconds - arrivalSeconds);
  }

  finish(request: RequestRecord): void {
    const { counts, latency } = this;
    const { arrivalSeconds, firstTokenSeconds, finishSeconds, outputTokens, slo } = request;
    const e2eSeconds = finishSeconds - arrivalSeconds;
    counts.finished++;
    counts.finishedTokens += outputTokens;
    latency.e2eSeconds.record(e2eSeconds);
    latency.normalisedSeconds.record(e2eSeconds / outputTokens);
    if (outputTokens > 1) latency.tpotSeconds.record((finishSeconds - firstTokenSeconds) / (outputTokens - 1));
    if (slo === undefined) return;
    if (meets(slo, request)) counts.sloMet++;
    else counts.sloMissed++;
  }

  /** The run is over, and the request is left unfinished. */
  leave(request: RequestRecord, atSeconds: number): void {
    if (request.slo !== undefined && isLate(request.slo, request, atSeconds)) this.counts.sloMissed++;
  }

  merge(other: this): void {
    for (const name of namesOf(this.counts)) this.counts[name] += other.counts[name];
    for (const name of namesOf(this.latency)) this.latency[name].merge(other.latency[name]);
  }

  /** Gives back the memory that only counting needs. */
  compact(): void {
    for (const histogram of Object.values(this.latency)) histogram.compact();
  }
}

const namesOf = <T extends object>(things: T) => Object.keys(things) as (keyof T)[];
