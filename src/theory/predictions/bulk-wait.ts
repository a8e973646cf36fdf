import { poissonCdf } from "../numeric/poisson.ts";
import type { BulkService } from "./bulk-queue.ts";

/**
 * Waiting-time distribution of bulk service that starts at once (`minimumBatch` 1).
 *
 * A request that arrives `u` seconds into a batch of `D` seconds, with `r` left behind and `Poisson(λu)` come before it, waits
 * `D - u` and then one full batch of `D(b)` for each whole `b` of those ahead of it. So `W ≤ w` when at most `(M+1)·b - 1` are
 * ahead, `M = ⌊(w - D + u)/D(b)⌋`, and the integral over `u` is closed: `λ∫ P(Poisson(λu) ≤ c) du = G_c(λu_1) - G_c(λu_2)`
 * with `G_c(x) = Σ_{i≤c} P(Poisson(x) ≤ i) = (c+1)·F_c(x) - x·F_{c-1}(x)`. A request that finds the server idle waits nothing.
 *
 * @param present probabilities that 1, 2, ... requests are present when a batch starts
 */
export function bulkWaitCdf(service: BulkService, present: Float64Array): (seconds: number) => number {
  const { maximumBatch, batchSeconds, arrivalsPerSecond } = service;
  const served = present.reduce((sum, p, index) => sum + p * Math.min(index + 1, maximumBatch), 0);
  return (seconds) => {
    let within = 0;
    present.forEach((p, index) => {
      if (p < 1e-18) return;
      const size = Math.min(index + 1, maximumBatch);
      const batch = batchSeconds(size);
      const idle = size === index + 1 ? Math.exp(-arrivalsPerSecond * batch) : 0;
      within += p * (idle + arrivalsWithin(service, index + 1 - size, batch, seconds));
    });
    return Math.min(1, within / served);
  };
}

/** Mean number of requests that arrive during one batch and wait at most `seconds`. */
function arrivalsWithin(service: BulkService, left: number, batch: number, seconds: number): number {
  const { arrivalsPerSecond, maximumBatch, batchSeconds } = service;
  const full = batchSeconds(maximumBatch);
  let count = 0;
  let from = Math.max(0, batch - seconds);
  for (let ahead = Math.floor((seconds - batch + from) / full + 1e-12); from < batch; ahead++) {
    const to = Math.min(batch, (ahead + 1) * full - seconds + batch);
    const most = (ahead + 1) * maximumBatch - 1 - left;
    if (most >= 0) count += summedCdf(most, arrivalsPerSecond * from) - summedCdf(most, arrivalsPerSecond * to);
    from = to;
  }
  return count;
}

function summedCdf(most: number, mean: number): number {
  return (most + 1) * poissonCdf(most, mean) - mean * poissonCdf(most - 1, mean);
}
