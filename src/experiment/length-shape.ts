import type { LengthShape } from "../theory/catalogue/shape.ts";
import type { LengthDistribution } from "../workload/lengths/length-distribution.ts";
import { momentsOf, tailSums } from "../workload/lengths/tail-sums.ts";
import { type LengthOptions, lengths } from "../workload/lengths.ts";

/** Less likely lengths than this are as good as none. */
const negligible = 1e-14;

/** A law of lengths as queueing theory sees it. */
export function lengthShape(options: LengthOptions): LengthShape {
  const law = lengths.build(options);
  const sums = tailSums(law);
  const { mean, variance } = momentsOf(sums);
  const cubes = 3 * sums.second + 3 * sums.first + sums.zeroth;
  const isMemoryless = options.distribution === "geometric" && law.exceeds(law.longest - 1) < negligible;
  return {
    kind: variance === 0 ? "fixed" : isMemoryless ? "geometric" : "other",
    mean,
    variance,
    thirdCentralMoment: cubes - 3 * mean * variance - mean ** 3,
    meanLongest: (count) => meanLongest(law, count),
  };
}

/** The lengths of given requests, each as likely as any other. */
export function observedShape(tokens: readonly number[]): LengthShape {
  const mean = average(tokens);
  const central = (power: number) => average(tokens.map((value) => (value - mean) ** power));
  const variance = central(2);
  return { kind: variance === 0 ? "fixed" : "other", mean, variance, thirdCentralMoment: central(3) };
}

function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** `Σ P(max > k)`, with `P(max > k) = 1 - (1 - P(L > k))^count`. */
function meanLongest({ exceeds, longest }: LengthDistribution, count: number): number {
  let mean = 0;
  for (let tokens = 0; tokens < longest; tokens++) {
    const longer = -Math.expm1(count * Math.log1p(-exceeds(tokens)));
    if (longer < negligible) break;
    mean += longer;
  }
  return mean;
}

/** Calls `visit` with each length that is not as good as impossible, up to `most`, and its probability. */
export function eachLength(
  options: LengthOptions,
  most: number,
  visit: (tokens: number, probability: number) => void,
): boolean {
  const law = lengths.build(options);
  let above = 1;
  for (let tokens = 1; tokens <= Math.min(most, law.longest); tokens++) {
    const next = law.exceeds(tokens);
    visit(tokens, above - next);
    above = next;
    if (above < negligible) return true;
  }
  return above === 0;
}
