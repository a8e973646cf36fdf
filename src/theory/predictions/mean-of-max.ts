import { normalCdf, normalDensity } from "../../core/normal.ts";

/** Mean of the larger of a fixed and a random step time. */
export interface MeanOfMax {
  readonly meanSeconds: number;
  /** Excess over the larger of the fixed time and the mean of the random one: what a step time at mean expert reads misses. */
  readonly jensenExcessSeconds: number;
  /** No distribution with this mean and variance has a larger mean of the maximum. */
  readonly upperBoundSeconds: number;
}

/**
 * Mean step time of a mixture of experts at the roofline, `E[max(c, Y)]`, with `c` the compute time and `Y` a memory time that
 * varies with the experts drawn, of mean `μ` and deviation `σ`. To second order, that is for a normal `Y`:
 * `c·Φ(z) + μ·Φ(-z) + σ·φ(z)`, `z = (c-μ)/σ` (Clark 1961). Jensen's excess over `max(c, μ)` is largest at the knee `c = μ`, where
 * it is `σ/√(2π)`. For any distribution it is at most `(√(σ² + (c-μ)²) - |c-μ|)/2` (Scarf 1958).
 */
export function meanOfMax(computeSeconds: number, meanMemorySeconds: number, memoryVariance: number): MeanOfMax {
  const larger = Math.max(computeSeconds, meanMemorySeconds);
  const apart = Math.abs(computeSeconds - meanMemorySeconds);
  const deviation = Math.sqrt(memoryVariance);
  const z = apart / deviation;
  const jensenExcessSeconds = deviation === 0 ? 0 : Math.max(0, deviation * normalDensity(z) - apart * normalCdf(-z));
  return {
    meanSeconds: larger + jensenExcessSeconds,
    jensenExcessSeconds,
    upperBoundSeconds: larger + (Math.hypot(deviation, apart) - apart) / 2,
  };
}
