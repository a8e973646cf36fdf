import { Histogram } from "../core/histogram.ts";
import { ExactSum } from "../core/sums.ts";

const noCounts = () => ({
  offered: 0,
  finished: 0,
  rejected: 0,
  preemptions: 0,
  preemptedRequests: 0,
  promptTokens: 0,
  outputTokens: 0,
  recomputedTokens: 0,
  /** Steps in which something decoded, Σ of their sequences, and Σ of the drafts that they verified. */
  decodeSteps: 0,
  decodeTokens: 0,
  draftTokens: 0,
  /** Σ over decoded tokens of the cached tokens they read. */
  decodePairs: 0,
  prefillTokens: 0,
  prefillPairs: 0,
});

const noIntegrals = () => ({
  /** Simulated time covered. */
  seconds: new ExactSum(),
  /** ∫ waiting requests · dt, ∫ running sequences · dt, ∫ KV tokens held · dt. */
  queueSeconds: new ExactSum(),
  batchSeconds: new ExactSum(),
  kvTokenSeconds: new ExactSum(),
});

const noLatencies = () => ({
  ttftSeconds: new Histogram(),
  tpotSeconds: new Histogram(),
  itlSeconds: new Histogram(),
  e2eSeconds: new Histogram(),
  queueingSeconds: new Histogram(),
});

type Counter = keyof ReturnType<typeof noCounts>;
type Integral = keyof ReturnType<typeof noIntegrals>;
export type LatencyMetric = keyof ReturnType<typeof noLatencies>;

const counters = Object.keys(noCounts()) as Counter[];
const integrals = Object.keys(noIntegrals()) as Integral[];
const latencyMetrics = Object.keys(noLatencies()) as LatencyMetric[];

/** Everything additive that is measured over a stretch of a run; the tallies of two stretches merge into that of both. */
export class Tally {
  readonly counts = noCounts();
  readonly #integrals = noIntegrals();
  readonly latency = noLatencies();

  add(integral: Integral, amount: number): void {
    this.#integrals[integral].add(amount);
  }

  total(integral: Integral): number {
    return this.#integrals[integral].value;
  }

  merge(other: Tally): void {
    for (const name of counters) this.counts[name] += other.counts[name];
    for (const name of integrals) this.#integrals[name].merge(other.#integrals[name]);
    for (const name of latencyMetrics) this.latency[name].merge(other.latency[name]);
  }

  /** Gives back the memory that only counting needs. */
  compact(): void {
    for (const name of latencyMetrics) this.latency[name].compact();
  }
}
