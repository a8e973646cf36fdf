/** A server that takes whole batches: requests that arrive during a batch wait for a later one. */
export interface BulkService {
  readonly arrivalsPerSecond: number;
  /** An idle server waits for this many requests, or for the timeout. 1: it starts at once. */
  readonly minimumBatch: number;
  readonly maximumBatch: number;
  /** How long the oldest request may keep the server waiting for `minimumBatch`; Infinity for as long as it takes. */
  readonly timeoutSeconds: number;
  /** Constant seconds that a batch of `batch` requests takes, start to end. */
  readonly batchSeconds: (batch: number) => number;
}
