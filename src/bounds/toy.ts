import { type Accelerator, flopPerSecond } from "./accelerator.ts";
import { type Architecture, totalParameters, weightsBytes } from "./architecture.ts";
import { fits } from "./memory.ts";

/** Time of one all-reduce of the toy model: a start-up, and a step for each further row of a square of accelerators. */
export interface ToyNetwork {
  readonly baseSeconds: number;
  readonly stepSeconds: number;
}

/** The published figures: two hops of 1 µs a step. */
export const publishedToyNetwork: ToyNetwork = { baseSeconds: 6e-6, stepSeconds: 2e-6 };

/** All-reduces of all layers: four a layer, two where attention and feed-forward run side by side. */
function allReduces(architecture: Architecture): number {
  return architecture.layers * (architecture.parallelAttention ? 2 : 4);
}

/**
 * Seconds of one forward pass of the toy model (Erdil 2025, equations 3 and 5); Infinity where the model does not fit:
 * `L·n_reduce·t_reduce + max(w·P/(N·B), 2·P·b/(N·C))` with `t_reduce = 2 µs·max(√N - 1, 0) + 6 µs`.
 */
export function toySeconds(
  architecture: Architecture,
  accelerator: Accelerator,
  accelerators: number,
  batch: number,
  contextTokens: number,
  network = publishedToyNetwork,
): number {
  if (!fits(architecture, accelerator, accelerators, batch, contextTokens)) return Number.POSITIVE_INFINITY;
  const reduceSeconds = network.stepSeconds * Math.max(Math.sqrt(accelerators) - 1, 0) + network.baseSeconds;
  const readSeconds = weightsBytes(architecture) / (accelerators * accelerator.hbmBytesPerSecond);
  const computeSeconds =
    (2 * totalParameters(architecture) * batch) / (accelerators * flopPerSecond(accelerator, architecture.weightBytes));
  return allReduces(architecture) * reduceSeconds + Math.max(readSeconds, computeSeconds);
}

/** The number of accelerators at which the toy model is fastest, and its time there. */
export interface ToyOptimum {
  readonly accelerators: number;
  readonly seconds: number;
  /** The part of the time that the scaling laws speak of: all but the fixed start-up of the all-reduces. */
  readonly scalingSeconds: number;
}

/**
 * Optimum of the toy model in closed form, memory aside: with `m` the time of reading (or computing) on one accelerator and
 * `c·√N` the growing part of the latency, `N* = (2m/c)^(2/3)` (Erdil 2025, equation 12); never below one accelerator.
 */
export function toyOptimum(
  architecture: Architecture,
  accelerator: Accelerator,
  batch = 1,
  network = publishedToyNetwork,
): ToyOptimum {
  const readSeconds = weightsBytes(architecture) / accelerator.hbmBytesPerSecond;
  const computeSeconds =
    (2 * totalParameters(architecture) * batch) / flopPerSecond(accelerator, architecture.weightBytes);
  const oneSeconds = Math.max(readSeconds, computeSeconds);
  const growthSeconds = allReduces(architecture) * network.stepSeconds;
  const accelerators = Math.max(1, ((2 * oneSeconds) / growthSeconds) ** (2 / 3));
  const scalingSeconds = growthSeconds * Math.sqrt(accelerators) + oneSeconds / accelerators;
  const fixedSeconds = allReduces(architecture) * (network.baseSeconds - network.stepSeconds);
  return { accelerators, seconds: fixedSeconds + scalingSeconds, scalingSeconds };
}
