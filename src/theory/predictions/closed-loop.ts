import { type ContinuousBatch, completionRate } from "./capped-batching.ts";

/** A fixed number of users, each of whom thinks, sends one request, and thinks again once it has been answered. */
export interface ClosedLoop extends ContinuousBatch {
  readonly users: number;
  /** Mean think time; its distribution does not matter to the means. */
  readonly thinkSeconds: number;
}

/** Long-run figures of a closed loop. */
export interface ClosedLoopFigures {
  readonly requestsPerSecond: number;
  /** From sending a request to its last token. */
  readonly meanSojournSeconds: number;
  readonly meanBatch: number;
  readonly meanQueue: number;
  readonly meanTokenSeconds: number;
  /** Probabilities of 0 ... users requests sent and not answered. */
  readonly present: Float64Array;
}

/**
 * Mean value analysis of a load-dependent batch and a delay station (Reiser and Lavenberg 1980; Reiser 1981): with
 * `μ(j) = b/(t(b)·m)`, `b = min(j, K)`, add users one by one:
 * `R(n) = Σ_j j/μ(j)·p(j-1|n-1)`, `X(n) = n/(Z + R(n))`, `p(j|n) = X(n)/μ(j)·p(j-1|n-1)`, and `p(0|n) = p(0|n-1)·X(n)·Z/n`, the
 * form of the last that stays accurate near saturation, where `1 - Σ p(j|n)` loses all digits.
 *
 * Exact for exponential work in the limit of many steps per request, and without a binding cap for any work.
 */
export function meanValueAnalysis(loop: ClosedLoop): ClosedLoopFigures {
  const { users, thinkSeconds, batchCap, meanSteps } = loop;
  const rates = Float64Array.from({ length: users + 1 }, (_, j) => (j === 0 ? 0 : completionRate(loop, j)));
  let present = new Float64Array(users + 1);
  present[0] = 1;
  let requestsPerSecond = 0;
  let meanSojournSeconds = 0;
  for (let n = 1; n <= users; n++) {
    const next = new Float64Array(users + 1);
    meanSojournSeconds = 0;
    for (let j = 1; j <= n; j++) meanSojournSeconds += (j / rates[j]!) * present[j - 1]!;
    requestsPerSecond = n / (thinkSeconds + meanSojournSeconds);
    for (let j = 1; j <= n; j++) next[j] = (requestsPerSecond / rates[j]!) * present[j - 1]!;
    next[0] = (present[0]! * requestsPerSecond * thinkSeconds) / n;
    present = next;
  }
  const meanBatch = present.reduce((sum, p, number) => sum + p * Math.min(number, batchCap), 0);
  return {
    requestsPerSecond,
    meanSojournSeconds,
    meanBatch,
    meanQueue: requestsPerSecond * meanSojournSeconds - meanBatch,
    meanTokenSeconds: meanBatch / requestsPerSecond / meanSteps,
    present,
  };
}

/** Limits that no distribution of work or think time can break. */
export interface ClosedLoopBounds {
  readonly leastRequestsPerSecond: number;
  readonly mostRequestsPerSecond: number;
  readonly leastSojournSeconds: number;
  readonly mostSojournSeconds: number;
}

/**
 * Asymptotic bounds (Muntz and Wong 1974; Denning and Buzen 1978) for a rate that depends on the number present. Since
 * `E[n] = E[μ(n)·n/μ(n)]` and `X = E[μ(n)]`, the sojourn lies between the least and the largest `n/μ(n)`, `1 ≤ n ≤ N`; the
 * throughput is at most the largest `μ(n)`, which bounds the sojourn from below by `N/max μ - Z`.
 */
export function closedLoopBounds(loop: ClosedLoop): ClosedLoopBounds {
  const { users, thinkSeconds } = loop;
  const rates = Array.from({ length: users }, (_, index) => completionRate(loop, index + 1));
  const sojourns = rates.map((rate, index) => (index + 1) / rate);
  const leastSojournSeconds = Math.max(Math.min(...sojourns), users / Math.max(...rates) - thinkSeconds);
  const mostSojournSeconds = Math.max(...sojourns);
  return {
    leastRequestsPerSecond: users / (thinkSeconds + mostSojournSeconds),
    mostRequestsPerSecond: users / (thinkSeconds + leastSojournSeconds),
    leastSojournSeconds,
    mostSojournSeconds,
  };
}
