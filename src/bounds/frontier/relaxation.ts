import type { OperatingFigures } from "../closed-form.ts";
import { preferredPoint } from "./published-frontier.ts";

/** What fractional accelerators, batches and layouts gain over those that exist; ratios above 1 favour the relaxation. */
export interface RelaxationGain {
  /** Speed of the fastest relaxed point over that of the fastest real one. */
  readonly fastestSpeedRatio: number;
  /** Real over relaxed price at the speeds of the relaxed points: geometric mean and largest; null where none can be reached. */
  readonly meanPriceRatio: number | null;
  readonly largestPriceRatio: number | null;
  /** Share of the relaxed points that are faster than anything real. */
  readonly outOfReach: number;
  /** Speed⁴ per dollar of the preferred relaxed point over that of the preferred real one. */
  readonly preferredWorthRatio: number;
}

const worth = (point: OperatingFigures) => point.tokensPerSecondPerRequest ** 4 / point.dollarsPerMillionTokens;

/** Compares a relaxed frontier with the real one of the same question, both fastest first; undefined where either is empty. */
export function relaxationGain(
  relaxed: readonly OperatingFigures[],
  real: readonly OperatingFigures[],
): RelaxationGain | undefined {
  const [fastestRelaxed, fastestReal] = [relaxed[0], real[0]];
  if (fastestRelaxed === undefined || fastestReal === undefined) return undefined;
  const logRatios: number[] = [];
  let slowest = -1;
  for (const point of relaxed) {
    // Real points get cheaper as they get slower: the last that is fast enough is the cheapest.
    while (slowest + 1 < real.length && real[slowest + 1]!.secondsPerToken <= point.secondsPerToken) slowest++;
    const cheapest = real[slowest];
    if (cheapest !== undefined) {
      logRatios.push(Math.log(cheapest.dollarsPerMillionTokens / point.dollarsPerMillionTokens));
    }
  }
  const reached = logRatios.length > 0;
  return {
    fastestSpeedRatio: fastestRelaxed.tokensPerSecondPerRequest / fastestReal.tokensPerSecondPerRequest,
    meanPriceRatio: reached ? Math.exp(logRatios.reduce((sum, ratio) => sum + ratio, 0) / logRatios.length) : null,
    largestPriceRatio: reached ? Math.exp(Math.max(...logRatios)) : null,
    outOfReach: 1 - logRatios.length / relaxed.length,
    preferredWorthRatio: worth(preferredPoint(relaxed)!) / worth(preferredPoint(real)!),
  };
}
