import { poissonCdf } from "../numeric/poisson.ts";

/** Batch of a replica without a cap whose step takes the same time whatever its batch. */
export interface PoissonBatch {
  readonly meanBatch: number;
  readonly batchCdf: (batch: number) => number;
  readonly batchQuantile: (probability: number) => number;
  readonly meanSojournSeconds: number;
}

/**
 * M/G/∞: with a constant step of `t` seconds and no cap, requests do not feel each other, and the batch is Poisson with mean
 * `λ·E[steps]·t` whatever the distribution of the steps (Palm 1943; Takács 1962). Exact, but for the wait of at most one step to
 * the next boundary, which is not counted.
 */
export function poissonBatch(arrivalsPerSecond: number, meanSteps: number, stepSeconds: number): PoissonBatch {
  const meanSojournSeconds = meanSteps * stepSeconds;
  const meanBatch = arrivalsPerSecond * meanSojournSeconds;
  return {
    meanBatch,
    batchCdf: (batch) => poissonCdf(Math.floor(batch), meanBatch),
    batchQuantile: (probability) => {
      let batch = Math.max(0, Math.floor(meanBatch - 9 * Math.sqrt(meanBatch)));
      while (poissonCdf(batch, meanBatch) < probability) batch++;
      return batch;
    },
    meanSojournSeconds,
  };
}
