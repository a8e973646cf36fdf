/** Two users who ask again at once, with a KV cache that does not hold both answers. */
export interface PreemptedPair {
  /** Steps, and tokens, of an answer. */
  readonly outputTokens: number;
  /** Tokens that the cache holds; an answer takes as many as it has had steps. */
  readonly cacheTokens: number;
  /** Of any step, whatever it computes. */
  readonly stepSeconds: number;
}

/** Long-run figures of such a pair. */
export interface PreemptedPairFigures {
  readonly requestsPerSecond: number;
  readonly tokensPerSecond: number;
  readonly sojournSeconds: number;
  /** From the first token to the last, for each token. */
  readonly tokenSeconds: number;
  readonly batch: number;
  readonly queue: number;
}

/** Steps that the answer which is begun last has had when the cache is full, on average. */
function meanStepsTogether(cacheTokens: number): number {
  const third = Math.floor(cacheTokens / 3);
  return cacheTokens % 3 === 2 ? third + 1 / 2 : third;
}

/** Whether one of the two is preempted in every round, and both can be answered at all. */
export function isPreempted({ outputTokens, cacheTokens }: Omit<PreemptedPair, "stepSeconds">): boolean {
  return (
    cacheTokens >= 3 && outputTokens <= cacheTokens && outputTokens > 2 * Math.ceil(meanStepsTogether(cacheTokens))
  );
}

/**
 * A round begins when an answer ends: of the other one `x` steps have been computed before it was preempted, and its user's
 * neighbour asks anew. Both advance until the cache of `C` tokens is full, `x' = ⌊(C - x)/2⌋` steps later; the newer one is preempted, and
 * the older goes on alone to its end. A round has `L - x` steps and ends one answer. `x` settles on `⌊C/3⌋`, or by turns on that and
 * one more where `C mod 3 = 2`: so many steps of a round are shared. Exact for steps of constant time, in which what was lost is
 * computed anew beside the next token, and for answers of more than twice those steps. Derived here.
 */
export function preemptedPair({ outputTokens, cacheTokens, stepSeconds }: PreemptedPair): PreemptedPairFigures {
  const together = meanStepsTogether(cacheTokens);
  const roundSeconds = (outputTokens - together) * stepSeconds;
  const sojournSeconds = 2 * roundSeconds;
  const batch = outputTokens / (outputTokens - together);
  return {
    requestsPerSecond: 1 / roundSeconds,
    tokensPerSecond: outputTokens / roundSeconds,
    sojournSeconds,
    tokenSeconds: (sojournSeconds - stepSeconds) / (outputTokens - 1),
    batch,
    queue: 2 - batch,
  };
}
