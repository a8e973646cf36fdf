import { type ContinuousBatch, completionRate } from "./capped-batching.ts";

/** Figures of a batch that is always full. */
export interface SaturatedBatch {
  readonly batch: number;
  readonly tokenSeconds: number;
  readonly tokensPerSecond: number;
  readonly requestsPerSecond: number;
  /** Requests waiting for a place, all the time. */
  readonly queue: number;
  /** From sending a request to its last token. */
  readonly meanSojournSeconds: number;
}

/**
 * A closed loop without think time keeps its batch at `b = min(users, K)`: every token takes `t(b)`, which is the closed form of
 * Erdil (arXiv 2506.04645, section 3) at a fixed batch; `b/t(b)` tokens and `b/(t(b)·m)` requests per second, and by Little's law
 * a sojourn of `users` over the latter. Exact.
 */
export function saturatedBatch(batch: ContinuousBatch, users: number): SaturatedBatch {
  const size = Math.min(users, batch.batchCap);
  const tokenSeconds = batch.stepSeconds(size);
  const requestsPerSecond = completionRate(batch, size);
  return {
    batch: size,
    tokenSeconds,
    tokensPerSecond: size / tokenSeconds,
    requestsPerSecond,
    queue: users - size,
    meanSojournSeconds: users / requestsPerSecond,
  };
}
