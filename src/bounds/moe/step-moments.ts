import { expectation, type IntegerLaw, lawMean, repeated } from "./integer-law.ts";

/** Over how much the larger of compute and memory is taken: the whole pass, as published, or each layer. */
export type MaximumOver = "totals" | "per-layer";

/** Costs of the layers of a step, all expert layers alike; seconds on the accelerators that share them. */
export interface ExpertLayerCost {
  /** Layers with experts. */
  readonly layers: number;
  readonly computeSeconds: number;
  /** Reads that do not depend on which experts are touched. */
  readonly memorySeconds: number;
  readonly memorySecondsPerExpert: number;
  /** Of all layers without experts together. */
  readonly otherComputeSeconds: number;
  readonly otherMemorySeconds: number;
}

/** Moments of the `max(compute, memory)` part of a step over random expert choice. */
export interface StepMoments {
  readonly meanSeconds: number;
  readonly varianceSeconds: number;
  /** The same with the mean number of experts in place of the random one, as the paper takes it. */
  readonly atMeanSeconds: number;
  /** `mean/atMean - 1`: never negative, since `max` is convex (Jensen), and largest where compute equals mean memory. */
  readonly jensenExcess: number;
}

/** Moments for independent layers that each touch a number of experts of law `distinct`. */
export function stepMoments(distinct: IntegerLaw, cost: ExpertLayerCost, over: MaximumOver): StepMoments {
  const { layers, computeSeconds, memorySeconds, memorySecondsPerExpert, otherComputeSeconds, otherMemorySeconds } =
    cost;
  if (over === "totals") {
    const compute = layers * computeSeconds + otherComputeSeconds;
    const memory = layers * memorySeconds + otherMemorySeconds;
    return moments(repeated(distinct, layers), (experts) =>
      Math.max(compute, memory + experts * memorySecondsPerExpert),
    );
  }
  const one = moments(distinct, (experts) =>
    Math.max(computeSeconds, memorySeconds + experts * memorySecondsPerExpert),
  );
  const other = Math.max(otherComputeSeconds, otherMemorySeconds);
  const meanSeconds = layers * one.meanSeconds + other;
  const atMeanSeconds = layers * one.atMeanSeconds + other;
  return {
    meanSeconds,
    varianceSeconds: layers * one.varianceSeconds,
    atMeanSeconds,
    jensenExcess: excess(meanSeconds, atMeanSeconds),
  };
}

function moments(law: IntegerLaw, seconds: (experts: number) => number): StepMoments {
  const meanSeconds = expectation(law, seconds);
  const varianceSeconds = expectation(law, (experts) => (seconds(experts) - meanSeconds) ** 2);
  const atMeanSeconds = seconds(lawMean(law));
  return { meanSeconds, varianceSeconds, atMeanSeconds, jensenExcess: excess(meanSeconds, atMeanSeconds) };
}

/** Away from the knee the two agree but for rounding. */
function excess(meanSeconds: number, atMeanSeconds: number): number {
  return Math.max(0, meanSeconds / atMeanSeconds - 1);
}
