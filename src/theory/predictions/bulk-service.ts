import { type BandedChain, stationaryDistribution } from "../numeric/banded-chain.ts";
import { poissonCdf, poissonProbabilities, poissonProbability } from "../numeric/poisson.ts";
import { quantileOf } from "../numeric/root.ts";
import type { BulkService } from "./bulk-queue.ts";
import { bulkWaitCdf } from "./bulk-wait.ts";
import { tailReach } from "./deterministic-servers.ts";
import { stableLoad } from "./load.ts";

/** Long-run figures of bulk service. */
export interface BulkFigures {
  /** Probabilities that a batch has 0 (never), 1, 2, ... requests. */
  readonly batch: Float64Array;
  readonly meanBatch: number;
  readonly meanQueue: number;
  /** Mean time from arrival to the start of the request's batch. */
  readonly meanWaitSeconds: number;
  readonly meanSojournSeconds: number;
  readonly busyShare: number;
  /** Only where batches start at once (`minimumBatch` 1). */
  readonly waitCdf?: (seconds: number) => number;
  readonly waitQuantile?: (probability: number) => number;
}

/**
 * M/D^[a,b]/1: Poisson arrivals, batches of `a` to `b` first come first served, constant times `D(n)` that depend on the
 * batch, by the chain of the number `N` present when a batch starts (Bailey 1954; Neuts 1967; Chaudhry and Templeton 1983).
 *
 * With nothing left behind (`N ≤ b`), the next start has `n < a` requests when the first of them has waited its timeout `τ`:
 * with `h = min(τ, D)`, `P(n) = [P_D(n) - e^{-λ(D-τ)}·P_τ(n)]·1{τ<D} + e^{-λ(D-h)}·P_τ(n-1)`, where `P_x` is Poisson of mean
 * `λx`; `n > a` when that many came during the batch. The mean wait follows from the queue's area over one cycle, by renewal
 * reward and Little's law.
 *
 * Exact for `a = 1`, for no timeout, and for `τ ≤ D(b)`. For a longer timeout a request left behind by a full batch is taken
 * to have arrived as that batch started, which can only matter when it is left with fewer than `a` others after `D(b)` more.
 */
export function bulkService(service: BulkService): BulkFigures {
  const { arrivalsPerSecond, maximumBatch, batchSeconds } = service;
  const present = stationaryDistribution(startChain(service));
  const batch = new Float64Array(maximumBatch + 1);
  let served = 0;
  let busy = 0;
  let inService = 0;
  let area = 0;
  present.forEach((p, index) => {
    const size = Math.min(index + 1, maximumBatch);
    const left = index + 1 - size;
    const seconds = batchSeconds(size);
    batch[size] = batch[size]! + p;
    served += p * size;
    busy += p * seconds;
    inService += p * size * seconds;
    area += p * (left * seconds + (arrivalsPerSecond * seconds ** 2) / 2 + idleArea(service, left, seconds));
  });
  const cycleSeconds = served / arrivalsPerSecond;
  const meanWaitSeconds = area / served;
  const figures = {
    batch,
    meanBatch: served,
    meanQueue: area / cycleSeconds,
    meanWaitSeconds,
    meanSojournSeconds: meanWaitSeconds + inService / served,
    busyShare: busy / cycleSeconds,
  };
  if (service.minimumBatch > 1) return figures;
  const waitCdf = bulkWaitCdf(service, present);
  return { ...figures, waitCdf, waitQuantile: (p) => quantileOf(waitCdf, p, batchSeconds(1)) };
}

function startChain(service: BulkService): BandedChain {
  const { arrivalsPerSecond, maximumBatch, batchSeconds } = service;
  const load = stableLoad((arrivalsPerSecond * batchSeconds(maximumBatch)) / maximumBatch);
  const emptied = Array.from({ length: maximumBatch }, (_, n) => startsAfterEmpty(service, batchSeconds(n + 1)));
  const arrivals = poissonProbabilities(arrivalsPerSecond * batchSeconds(maximumBatch));
  const up = Math.max(arrivals.length, ...emptied.map((starts) => starts.length));
  return {
    states: maximumBatch + up + tailReach(load),
    down: maximumBatch,
    up,
    row: (from, put) => {
      const left = from + 1 - maximumBatch;
      if (left <= 0) {
        emptied[from]!.forEach((probability, number) => {
          if (probability > 0) put(number - 1, probability);
        });
      } else startsAfterLeaving(service, left, arrivals, put);
    },
  };
}

/** Probabilities that the next batch starts with 0 (never), 1, 2, ... present, after one of `seconds` that left none behind. */
function startsAfterEmpty(service: BulkService, seconds: number): Float64Array {
  const { arrivalsPerSecond, minimumBatch, timeoutSeconds } = service;
  const arrivals = poissonProbabilities(arrivalsPerSecond * seconds);
  const starts = new Float64Array(Math.max(arrivals.length, minimumBatch + 1));
  starts.set(arrivals);
  starts[0] = 0;
  let others = 0;
  for (let n = 1; n < minimumBatch; n++) {
    starts[n] = Math.max(0, timedOut(n, arrivalsPerSecond, seconds, timeoutSeconds));
    others += starts[n]!;
  }
  for (let n = minimumBatch + 1; n < starts.length; n++) others += starts[n]!;
  starts[minimumBatch] = Math.max(0, 1 - others);
  return starts;
}

/** Probability that a timeout starts a batch of `n` (fewer than the minimum) after a batch that left none behind. */
function timedOut(n: number, arrivalsPerSecond: number, seconds: number, timeoutSeconds: number): number {
  if (timeoutSeconds === Number.POSITIVE_INFINITY) return 0;
  const window = arrivalsPerSecond * timeoutSeconds;
  if (timeoutSeconds >= seconds) return poissonProbability(n - 1, window);
  const later = Math.exp(-arrivalsPerSecond * (seconds - timeoutSeconds));
  return (
    poissonProbability(n, arrivalsPerSecond * seconds) -
    later * (poissonProbability(n, window) - poissonProbability(n - 1, window))
  );
}

/** Remaining timeout of requests left behind by a full batch, counted from that batch's end. */
function timeoutLeft({ timeoutSeconds, batchSeconds, maximumBatch }: BulkService): number {
  return Math.max(0, timeoutSeconds - batchSeconds(maximumBatch));
}

function startsAfterLeaving(
  service: BulkService,
  left: number,
  arrivals: Float64Array,
  put: (to: number, probability: number) => void,
): void {
  const { arrivalsPerSecond, minimumBatch } = service;
  const window = arrivalsPerSecond * timeoutLeft(service);
  arrivals.forEach((probability, came) => {
    const number = left + came;
    const missing = minimumBatch - number;
    if (missing <= 0 || window === 0) {
      put(number - 1, probability);
      return;
    }
    if (window < Number.POSITIVE_INFINITY) {
      for (let more = 0; more < missing; more++) {
        put(number + more - 1, probability * poissonProbability(more, window));
      }
    }
    put(minimumBatch - 1, probability * (1 - finiteCdf(missing - 1, window)));
  });
}

/** Queue length integrated over the idle time that follows a batch, in request-seconds. */
function idleArea(service: BulkService, left: number, seconds: number): number {
  const { arrivalsPerSecond, minimumBatch, timeoutSeconds } = service;
  if (minimumBatch === 1) return 0;
  if (left > 0) return idleAreaAfterLeaving(service, left, seconds);
  const inside = Math.min(timeoutSeconds, seconds);
  const entry = Math.exp(-arrivalsPerSecond * (seconds - inside));
  let area = 0;
  for (let j = 0; j <= minimumBatch - 2; j++) {
    const beyond =
      timeoutSeconds > seconds
        ? poissonCdf(j, arrivalsPerSecond * seconds) - finiteCdf(j, arrivalsPerSecond * timeoutSeconds)
        : 0;
    area += (1 + j) * (entry * poissonProbability(j + 1, arrivalsPerSecond * inside) + beyond);
  }
  return area / arrivalsPerSecond;
}

function idleAreaAfterLeaving(service: BulkService, left: number, seconds: number): number {
  const { arrivalsPerSecond, minimumBatch } = service;
  const window = arrivalsPerSecond * timeoutLeft(service);
  let area = 0;
  for (let came = 0; left + came < minimumBatch; came++) {
    const probability = poissonProbability(came, arrivalsPerSecond * seconds);
    for (let number = left + came; number < minimumBatch; number++) {
      area += probability * number * (1 - finiteCdf(number - left - came, window));
    }
  }
  return area / arrivalsPerSecond;
}

function finiteCdf(k: number, mean: number): number {
  return mean === Number.POSITIVE_INFINITY ? 0 : poissonCdf(k, mean);
}
