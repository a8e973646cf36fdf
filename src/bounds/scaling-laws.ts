import { linearRegression } from "simple-statistics";
import type { Accelerator } from "./accelerator.ts";
import { type Architecture, totalParameters } from "./architecture.ts";
import { bestLayout } from "./best-layout.ts";
import { type CollectiveModel, collectiveModel } from "./collectives/collective-model.ts";
import { collectivesOf } from "./collectives/collective-models.ts";
import { scaledArchitecture } from "./scaled-architecture.ts";
import { publishedToyNetwork, toyOptimum } from "./toy.ts";

/** How the best latency grows with one quantity: as its power. */
export interface ScalingLaw {
  readonly quantity: "model size" | "memory bandwidth" | "network latency";
  /** The exponent of the toy model's optimum (Erdil 2025, section 2.2.3), with as many layers as `P^(1/3)`. */
  readonly predicted: number;
  /** Log-log slope of the growing part of the toy model's optimum. */
  readonly toyScaling: number;
  /** Log-log slope of the toy model's whole optimum, with the start-up of its all-reduces. */
  readonly toy: number;
  /** Log-log slope of the best latency of the model with the network and its best layout. */
  readonly full: number;
}

/** Slope of the straight line through the logarithms of positive figures. */
export function logLogSlope(points: readonly (readonly [number, number])[]): number {
  return linearRegression(points.map(([x, y]) => [Math.log(x), Math.log(y)])).m;
}

/** A collective model whose latencies, not its bandwidths, are scaled. */
function withLatency(collectives: CollectiveModel, factor: number): CollectiveModel {
  return collectiveModel((...where) =>
    collectives.protocols(...where).map(({ latencySeconds, secondsPerByte }) => ({
      latencySeconds: factor * latencySeconds,
      secondsPerByte,
    })),
  );
}

/** The least seconds per token over any number of accelerators, whether or not memory suffices, at one sequence and no context. */
export function bestLatency(architecture: Architecture, accelerator: Accelerator, collectives?: CollectiveModel) {
  const roomy = { ...accelerator, hbmBytes: Number.MAX_VALUE };
  let best = { accelerators: 1, seconds: Number.POSITIVE_INFINITY };
  for (let step = 0; step <= 800; step++) {
    const accelerators = 2 ** (step / 50);
    const { seconds } = bestLayout(architecture, roomy, accelerators, 1, 0, 1, collectives);
    if (seconds < best.seconds) best = { accelerators, seconds };
  }
  return best;
}

/** Factors by which a quantity is scaled to measure its exponent. */
const factors = [1 / 4, 1 / 2, 1, 2, 4];

/** The predicted exponents beside those measured around one model on one kind of accelerator. */
export function scalingLaws(architecture: Architecture, accelerator: Accelerator): ScalingLaw[] {
  const measured = (
    quantity: ScalingLaw["quantity"],
    predicted: number,
    at: (factor: number) => {
      readonly architecture?: Architecture;
      readonly accelerator?: Accelerator;
      readonly latency?: number;
    },
  ): ScalingLaw => {
    const rows = factors.map((factor) => {
      const model = at(factor).architecture ?? architecture;
      const hardware = at(factor).accelerator ?? accelerator;
      const latency = at(factor).latency ?? 1;
      const network = {
        baseSeconds: latency * publishedToyNetwork.baseSeconds,
        stepSeconds: latency * publishedToyNetwork.stepSeconds,
      };
      const slowed = { ...hardware, kernelLaunchSeconds: latency * hardware.kernelLaunchSeconds };
      return {
        size: quantity === "model size" ? totalParameters(model) : factor,
        toy: toyOptimum(model, hardware, 1, network),
        full: bestLatency(model, slowed, withLatency(collectivesOf(slowed), latency)).seconds,
      };
    });
    return {
      quantity,
      predicted,
      toyScaling: logLogSlope(rows.map(({ size, toy }) => [size, toy.scalingSeconds])),
      toy: logLogSlope(rows.map(({ size, toy }) => [size, toy.seconds])),
      full: logLogSlope(rows.map(({ size, full }) => [size, full])),
    };
  };

  return [
    measured("model size", 5 / 9, (factor) => ({ architecture: scaledArchitecture(architecture, factor) })),
    measured("memory bandwidth", -1 / 3, (factor) => ({
      accelerator: { ...accelerator, hbmBytesPerSecond: factor * accelerator.hbmBytesPerSecond },
    })),
    measured("network latency", 2 / 3, (latency) => ({ latency })),
  ];
}
