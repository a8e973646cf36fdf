import { rootOfIncreasing } from "../numeric/root.ts";
import { type BatchingQueue, completionRate } from "./capped-batching.ts";

/** Where a deployment settles under a load, fluctuations left out. */
export interface OperatingPoint {
  /** Requests per second that the full batch completes (the limit at 2^30 sequences where there is no cap). */
  readonly capacityPerSecond: number;
  /** Offered requests per second over capacity. */
  readonly load: number;
  /** The batch at which tokens asked for and made are equal; absent when overloaded. */
  readonly batch?: number;
  readonly tokenSeconds?: number;
}

/**
 * Fluid operating point: the least batch with `b = λ·m·t(b)`, tokens asked for each second equal to tokens made. Where the step
 * time is convex in the batch the mean batch of the queue lies above it.
 *
 * @param queue with a step time that also takes fractional batches, and a rate `b/t(b)` that does not fall as `b` grows
 */
export function operatingPoint(queue: BatchingQueue): OperatingPoint {
  const { arrivalsPerSecond, meanSteps, stepSeconds } = queue;
  const largest = Math.min(queue.batchCap, 2 ** 30);
  const capacityPerSecond = completionRate(queue, largest);
  const load = arrivalsPerSecond / capacityPerSecond;
  if (!(load < 1)) return { capacityPerSecond, load };
  const spare = (batch: number) => batch / stepSeconds(batch) - arrivalsPerSecond * meanSteps;
  const batch = rootOfIncreasing(spare, 0, largest);
  return { capacityPerSecond, load, batch, tokenSeconds: stepSeconds(batch) };
}
