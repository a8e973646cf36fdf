import { InvariantError } from "../../core/errors.ts";
import { endingTimeCdf } from "../numeric/phase-type.ts";
import { quantileOf } from "../numeric/root.ts";
import { stableLoad } from "./load.ts";

/** A batch that requests join and leave one by one, and how its step time grows. */
export interface ContinuousBatch {
  /** Mean number of steps that a request stays in the batch. */
  readonly meanSteps: number;
  /** Most sequences in the batch; Infinity for no cap. */
  readonly batchCap: number;
  /** Seconds of a step that advances `batch ≥ 1` sequences by one token each. */
  readonly stepSeconds: (batch: number) => number;
}

/** A continuous batch fed by Poisson arrivals through a queue. */
export interface BatchingQueue extends ContinuousBatch {
  readonly arrivalsPerSecond: number;
}

/** Distribution of a continuous batch and of the queue before it. */
export interface BatchingFigures {
  /** Probabilities that the batch holds 0, 1, ... sequences, over time. */
  readonly batch: Float64Array;
  readonly meanBatch: number;
  readonly meanQueue: number;
  readonly waitProbability: number;
  readonly meanWaitSeconds: number;
  readonly waitCdf: (seconds: number) => number;
  readonly waitQuantile: (probability: number) => number;
  readonly meanSojournSeconds: number;
  readonly sojournCdf: (seconds: number) => number;
  readonly sojournQuantile: (probability: number) => number;
  /** Mean seconds between a request's tokens while it is in the batch, over all tokens. */
  readonly meanTokenSeconds: number;
  /** Share of time with at least one sequence in the batch. */
  readonly busyShare: number;
}

/** Requests per second that complete while `present ≥ 1` are there: `b/(t(b)·m)` with `b = min(present, K)`. */
export function completionRate({ stepSeconds, meanSteps, batchCap }: ContinuousBatch, present: number): number {
  const batch = Math.min(present, batchCap);
  return batch / (stepSeconds(batch) * meanSteps);
}

/**
 * Capped continuous batching as a birth–death chain: with `n` requests present the batch holds `b = min(n, K)` and requests
 * complete at rate `μ(n) = b/(t(b)·m)`, so `p(n) = p(n-1)·λ/μ(n)`, geometric beyond `K`.
 *
 * A request that finds the batch full waits `Exp(μ(K) - λ)`, and by Poisson arrivals `P(wait) = Σ_{n≥K} p(n)`. Its sojourn
 * is the time to absorption of a chain that follows the batch around it (see `sojournChain`).
 *
 * Exact for Poisson arrivals and exponential work, in the limit of many steps per request. Without the cap this is
 * processor sharing with a rate that depends on the batch, whose distribution and mean sojourn do not depend on the
 * distribution of the work (Cohen, Acta Informatica 12, 1979); with the cap it is limited processor sharing and they do.
 * A request's wait for the next step boundary, half a step or so, is not in it.
 */
export function cappedBatching(queue: BatchingQueue): BatchingFigures {
  const { arrivalsPerSecond, meanSteps } = queue;
  if (Number.isFinite(queue.batchCap)) stableLoad(arrivalsPerSecond / completionRate(queue, queue.batchCap));
  const weights = stationaryWeights(queue);
  const cap = weights.length - 1;
  const capped = Number.isFinite(queue.batchCap);
  const fullRate = completionRate(queue, cap);
  const ratio = capped ? arrivalsPerSecond / fullRate : 0;
  const tail = weights[cap]! / (1 - ratio);
  const total = weights.reduce((sum, weight) => sum + weight, 0) - weights[cap]! + tail;
  const batch = weights.map((weight) => weight / total);
  batch[cap] = tail / total;

  const waitProbability = capped ? batch[cap]! : 0;
  const clearingRate = fullRate - arrivalsPerSecond;
  const meanQueue = (waitProbability * ratio) / (1 - ratio);
  const meanBatch = batch.reduce((sum, p, size) => sum + p * size, 0);
  const meanSojournSeconds = (meanBatch + meanQueue) / arrivalsPerSecond;
  let cdf: ((seconds: number) => number) | undefined;
  const sojournCdf = (seconds: number) => {
    cdf ??= endingTimeCdf(sojournChain(queue, batch, clearingRate));
    return cdf(seconds);
  };
  return {
    batch,
    meanBatch,
    meanQueue,
    waitProbability,
    meanWaitSeconds: meanQueue / arrivalsPerSecond,
    waitCdf: (seconds) => 1 - waitProbability * Math.exp(-clearingRate * seconds),
    waitQuantile: (probability) => Math.max(0, Math.log(waitProbability / (1 - probability)) / clearingRate),
    meanSojournSeconds,
    sojournCdf,
    sojournQuantile: (probability) => quantileOf(sojournCdf, probability, meanSojournSeconds),
    meanTokenSeconds: meanBatch / arrivalsPerSecond / meanSteps,
    busyShare: 1 - batch[0]!,
  };
}

/** Unnormalised `p(0) ... p(K)`, or up to where an uncapped batch has become improbable, with the largest one 1. */
function stationaryWeights(queue: BatchingQueue): Float64Array {
  const logs = [0];
  let highest = 0;
  for (let n = 1; n <= queue.batchCap; n++) {
    const ratio = queue.arrivalsPerSecond / completionRate(queue, n);
    const log = logs[n - 1]! + Math.log(ratio);
    logs.push(log);
    highest = Math.max(highest, log);
    if (queue.batchCap < Number.POSITIVE_INFINITY) continue;
    if (log < highest - 45) break;
    if (n === 2 ** 17) throw new InvariantError("a batch without a cap grows beyond 131,072 sequences");
  }
  return Float64Array.from(logs, (log) => Math.exp(log - highest));
}

/**
 * What a tagged request lives through. Waiting with `j` behind it, it is joined at rate `λ` and enters the batch at rate
 * `μ(K) - λ`: for a wait `W` of a request that finds the batch full and `J` arrivals during it,
 * `P(W ∈ dw, J = j) = (μ(K) - λ)·exp(-μ(K)·w)·(λw)^j/j!·dw`. In the batch with `n` present the others leave at rate
 * `(b-1)/(t(b)·m)`, arrivals come at `λ`, and it ends at rate `1/(t(b)·m)`.
 */
function sojournChain(queue: BatchingQueue, batch: Float64Array, clearingRate: number) {
  const cap = batch.length - 1;
  const capped = Number.isFinite(queue.batchCap);
  const ratio = queue.arrivalsPerSecond / completionRate(queue, cap);
  const beyond = capped ? Math.ceil(Math.log(1e-11) / Math.log(ratio)) + 1 : 0;
  // States 0 ... inBatch - 1 hold a batch with 1 ... cap + beyond present; the rest wait with 0 ... beyond behind them.
  const inBatch = cap + beyond;
  const states = inBatch + (capped ? beyond + 1 : 0);
  const chain = {
    start: new Float64Array(states),
    upRates: new Float64Array(states),
    downRates: new Float64Array(states),
    endRates: new Float64Array(states),
    jumpTargets: new Int32Array(states).fill(-1),
    jumpRates: new Float64Array(states),
  };
  for (let state = 0; state < inBatch; state++) {
    const size = Math.min(state + 1, cap);
    const each = completionRate(queue, size) / size;
    chain.start[state] = state < cap ? batch[state]! : 0;
    chain.upRates[state] = state + 1 < inBatch ? queue.arrivalsPerSecond : 0;
    chain.downRates[state] = (size - 1) * each;
    chain.endRates[state] = each;
  }
  for (let state = inBatch; state < states; state++) {
    const behind = state - inBatch;
    chain.upRates[state] = state + 1 < states ? queue.arrivalsPerSecond : 0;
    chain.jumpTargets[state] = Math.min(cap - 1 + behind, inBatch - 1);
    chain.jumpRates[state] = clearingRate;
  }
  if (capped) chain.start[inBatch] = batch[cap]!;
  return chain;
}
