import { Histogram } from "../core/histogram.ts";
import { ExactSum } from "../core/sums.ts";
import { RequestCounts, RequestLatencies, RequestTally } from "./request-tally.ts";

/** Numbers of requests, tokens and steps. */
export class Counts extends RequestCounts {
  promptTokens = 0;
  outputTokens = 0;
  recomputedTokens = 0;
  /** Tokens that needed not be read, since the KV cache held them as their request was admitted. */
  cachedTokens = 0;
  /** Drafted tokens that were verified in vain. */
  rejectedTokens = 0;
  /** Steps in which something decoded, Σ of their decoding sequences, and Σ of those that were computed for nothing. */
  decodeSteps = 0;
  decodeSlots = 0;
  paddingSlots = 0;
  /** Tokens that they emitted, and drafts that they verified: the same as the decoding sequences, and none, without drafts. */
  decodeTokens = 0;
  draftTokens = 0;
  /** Σ over decoding sequences of the cached tokens they read. */
  decodePairs = 0;
  prefillTokens = 0;
  prefillPairs = 0;
}

/** Latencies of requests, and of tokens. */
export class Latencies extends RequestLatencies {
  readonly itlSeconds = new Histogram();
}

/** Sums over time. */
class Integrals {
  /** Simulated time covered. */
  readonly seconds = new ExactSum();
  /** ∫ waiting requests · dt, ∫ running sequences · dt, ∫ KV tokens held · dt. */
  readonly queueSeconds = new ExactSum();
  readonly batchSeconds = new ExactSum();
  readonly kvTokenSeconds = new ExactSum();
  /** ∫ age of the request that has waited longest for its first admission · dt, in s²; an empty queue has age 0. */
  readonly oldestWaitSeconds = new ExactSum();
  /** Time of steps that drafting took, and that moving KV caches out and in took. */
  readonly draftSeconds = new ExactSum();
  readonly swapSeconds = new ExactSum();
}

export type LatencyMetric = keyof Latencies;

const integrals = Object.keys(new Integrals()) as (keyof Integrals)[];

/** Everything additive that is measured over a stretch of a run; the tallies of two stretches merge into that of both. */
export class Tally extends RequestTally {
  declare readonly counts: Counts;
  declare readonly latency: Latencies;
  readonly integrals = new Integrals();
  /** By class of traffic, those of which a request came. */
  readonly classes = new Map<string, RequestTally>();

  constructor() {
    super(new Counts(), new Latencies());
  }

  total(integral: keyof Integrals): number {
    return this.integrals[integral].value;
  }

  /** The requests of one class. */
  ofClass(name: string): RequestTally {
    const known = this.classes.get(name);
    if (known !== undefined) return known;
    const fresh = new RequestTally();
    this.classes.set(name, fresh);
    return fresh;
  }

  override merge(other: this): void {
    super.merge(other);
    for (const name of integrals) this.integrals[name].merge(other.integrals[name]);
    for (const [name, tally] of other.classes) this.ofClass(name).merge(tally);
  }

  override compact(): void {
    super.compact();
    for (const tally of this.classes.values()) tally.compact();
  }
}
