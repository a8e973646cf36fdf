import { Histogram } from "../core/histogram.ts";
import { ExactSum } from "../core/sums.ts";

const counters = [
  "offered",
  "finished",
  "rejected",
  "preemptions",
  "preemptedRequests",
  "promptTokens",
  "outputTokens",
  "recomputedTokens",
  /** Steps in which something decoded, and Σ of their sequences. */
  "decodeSteps",
  "decodeTokens",
  /** Σ over decoded tokens of the cached tokens they read. */
  "decodePairs",
  "prefillTokens",
  "prefillPairs",
] as const;

const integrals = [
  /** Simulated time covered. */
  "seconds",
  /** ∫ waiting requests · dt, ∫ running sequences · dt, ∫ KV tokens held · dt. */
  "queueSeconds",
  "batchSeconds",
  "kvTokenSeconds",
] as const;

const distributions = ["ttftSeconds", "tpotSeconds", "itlSeconds", "e2eSeconds", "queueingSeconds"] as const;

export type LatencyMetric = (typeof distributions)[number];

/** Everything additive that is measured over a stretch of a run; the tallies of two stretches merge into that of both. */
export class Tally {
  readonly counts = Object.fromEntries(counters.map((name) => [name, 0])) as Record<(typeof counters)[number], number>;
  readonly #sums = Object.fromEntries(integrals.map((name) => [name, new ExactSum()])) as Record<
    (typeof integrals)[number],
    ExactSum
  >;
  readonly latency = Object.fromEntries(distributions.map((name) => [name, new Histogram()])) as Record<
    LatencyMetric,
    Histogram
  >;

  add(integral: (typeof integrals)[number], amount: number): void {
    this.#sums[integral].add(amount);
  }

  total(integral: (typeof integrals)[number]): number {
    return this.#sums[integral].value;
  }

  merge(other: Tally): void {
    for (const name of counters) this.counts[name] += other.counts[name];
    for (const name of integrals) this.#sums[name].merge(other.#sums[name]);
    for (const name of distributions) this.latency[name].merge(other.latency[name]);
  }

  /** Gives back the memory that only counting needs. */
  compact(): void {
    for (const name of distributions) this.latency[name].compact();
  }
}
