import { type BandedChain, stationaryDistribution } from "../numeric/banded-chain.ts";
import { binomialProbabilities } from "../numeric/binomial.ts";
import { poissonProbabilities } from "../numeric/poisson.ts";
import { type BatchingQueue, completionRate } from "./capped-batching.ts";
import { stableLoad } from "./load.ts";

/** Long-run figures of continuous batching with whole steps. */
export interface SteppedBatchingFigures {
  /** Probabilities that a step starts with a batch of 0 (never), 1, 2, ... sequences. */
  readonly batchAtSteps: Float64Array;
  /** Sequences in the batch, averaged over time, idle time included. */
  readonly meanBatch: number;
  readonly meanQueue: number;
  /** Mean time from arrival to the start of the first step that a request takes part in. */
  readonly meanWaitSeconds: number;
  /** Mean time from arrival to the end of that step: the time to first token where a prompt's step is like any other. */
  readonly meanFirstTokenSeconds: number;
  readonly meanSojournSeconds: number;
  /** Mean seconds of the steps that requests take part in, over all tokens. */
  readonly meanTokenSeconds: number;
  readonly busyShare: number;
}

/**
 * Capped continuous batching with whole steps: at the start of a step `X` requests are present, `n = min(X, K)` of them run
 * for `t(n)` seconds, each of these then ends with probability `1/m`, and what arrived meanwhile may join the next step; an
 * empty replica starts a step at its next arrival. So `X' = X - Binomial(n, 1/m) + Poisson(λ·t(n))`, and 1 in place of 0; the
 * time averages follow by renewal reward and Little's law.
 *
 * Exact for Poisson arrivals and geometric numbers of steps (memoryless, at least one step), any step time, a finite cap. The birth–death
 * chain of `cappedBatching` is its limit for many steps per request.
 */
export function steppedBatching(queue: BatchingQueue): SteppedBatchingFigures {
  const { arrivalsPerSecond, batchCap, meanSteps, stepSeconds } = queue;
  const chain = stepChain(queue);
  const present = stationaryDistribution(chain);
  const batchAtSteps = new Float64Array(batchCap + 1);
  let seconds = 0;
  let batchArea = 0;
  let queueArea = 0;
  let tokens = 0;
  present.forEach((p, index) => {
    const number = index + 1;
    const batch = Math.min(number, batchCap);
    const step = stepSeconds(batch);
    batchAtSteps[batch] = batchAtSteps[batch]! + p;
    seconds += p * step;
    batchArea += p * batch * step;
    queueArea += p * ((number - batch) * step + (arrivalsPerSecond * step * step) / 2);
    tokens += p * batch;
  });
  // Requests completed per step, Σ p·n/m, arrive in one step and the idle time after it.
  const cycleSeconds = tokens / meanSteps / arrivalsPerSecond;
  const meanWaitSeconds = queueArea / cycleSeconds / arrivalsPerSecond;
  return {
    batchAtSteps,
    meanBatch: batchArea / cycleSeconds,
    meanQueue: queueArea / cycleSeconds,
    meanWaitSeconds,
    meanFirstTokenSeconds: meanWaitSeconds + meanJoinedStep(queue, chain, present),
    meanSojournSeconds: meanWaitSeconds + (batchArea / tokens) * meanSteps,
    meanTokenSeconds: batchArea / tokens,
    busyShare: seconds / cycleSeconds,
  };
}

/** The chain of the number present at step starts, less one; each transition also tells how many join the next step. */
interface StepChain extends BandedChain {
  readonly row: (from: number, put: (to: number, probability: number, joiners: number) => void) => void;
}

function stepChain(queue: BatchingQueue): StepChain {
  const { arrivalsPerSecond, batchCap, meanSteps, stepSeconds } = queue;
  const load = stableLoad(arrivalsPerSecond / completionRate(queue, batchCap));
  const arrivals = perBatch(batchCap, (n) => poissonProbabilities(arrivalsPerSecond * stepSeconds(n)));
  const endings = perBatch(batchCap, (n) => binomialProbabilities(n, 1 / meanSteps));
  const up = Math.max(...arrivals.map((probabilities) => probabilities.length));
  return {
    // With many steps per request the tail falls as slowly as that of M/M/c, by the load from each state to the next.
    states: batchCap + up + Math.ceil(Math.log(1e-16) / Math.log(load)),
    down: Math.max(...endings.map((probabilities) => probabilities.length)),
    up,
    row: (from, put) => {
      const batch = Math.min(from + 1, batchCap);
      endings[batch - 1]!.forEach((ending, ended) => {
        arrivals[batch - 1]!.forEach((arriving, arrived) => {
          const next = Math.max(1, from + 1 - ended + arrived);
          put(next - 1, ending * arriving, Math.min(next, batchCap) - (batch - ended));
        });
      });
    },
  };
}

function perBatch<T>(batchCap: number, make: (batch: number) => T): T[] {
  return Array.from({ length: batchCap }, (_, index) => make(index + 1));
}

/** Mean length of the step that requests join, over the requests that join. */
function meanJoinedStep(queue: BatchingQueue, chain: StepChain, present: Float64Array): number {
  let joined = 0;
  let seconds = 0;
  present.forEach((p, from) => {
    chain.row(from, (to, probability, joiners) => {
      joined += p * probability * joiners;
      seconds += p * probability * joiners * queue.stepSeconds(Math.min(to + 1, queue.batchCap));
    });
  });
  return seconds / joined;
}
