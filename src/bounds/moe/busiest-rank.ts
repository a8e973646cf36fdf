import {
  certain,
  convolution,
  discreteNormal,
  type IntegerLaw,
  independentCount,
  lawMean,
  lawVariance,
  repeated,
} from "./integer-law.ts";
import { matched } from "./matched-law.ts";
import type { Placement } from "./placement.ts";

/** The expected load of the busiest of some expert-parallel ranks, beside the load if all were equal. */
export interface BusiestRank {
  readonly expected: number;
  readonly even: number;
}

/**
 * Distinct experts that the busiest rank reads in one layer.
 * Given the number of distinct experts `D`, touches are taken as independent trials conditioned on `D` of them: exact for
 * uniform choice (all sets of `D` experts are then equally likely), a close stand-in otherwise. With replicas a replica counts as an
 * expert of its own with its share of the tokens, and the total is left free.
 */
export function busiestReads(
  placement: Placement,
  inclusion: Float64Array,
  tokens: number,
  distinct: IntegerLaw,
): BusiestRank {
  const perRank: number[][] = Array.from({ length: placement.ranks }, () => []);
  for (const [expert, held] of placement.holders.entries()) {
    for (const rank of held) perRank[rank]!.push(-Math.expm1(tokens * Math.log1p(-inclusion[expert]! / held.length)));
  }
  const laws = perRank.map(independentCount);
  const replicated = placement.holders.some((held) => held.length > 1);
  const expected = expectedMaximum(laws, replicated ? undefined : distinct);
  return { expected, even: laws.reduce((sum, law) => sum + lawMean(law), 0) / placement.ranks };
}

/** Standard deviation of a rank's assignments up to which their exact lattice is kept, and points for each one beyond. */
const exactDeviation = 10;
const pointsPerDeviation = 8;

/**
 * Token-expert assignments that the busiest rank serves in one layer: a rank's assignments are taken as a sum of independent trials,
 * widened by `E/(E-1)`, the ranks conditioned on all `T·k` assignments being served: Hájek's (1964) approximation to the
 * covariances of a high-entropy design, exact for uniform choice. Where deviations are wide, normal laws on a coarser
 * lattice stand in.
 */
export function busiestAssignments(placement: Placement, inclusion: Float64Array, tokens: number): BusiestRank {
  const perRank: number[][] = Array.from({ length: placement.ranks }, () => []);
  for (const [expert, held] of placement.holders.entries()) {
    for (const rank of held) perRank[rank]!.push(inclusion[expert]! / held.length);
  }
  const widening = inclusion.length > 1 ? inclusion.length / (inclusion.length - 1) : 1;
  const ranks = perRank.map((chances) => {
    const law = independentCount(chances);
    const mean = tokens * lawMean(law);
    const variance = tokens * lawVariance(law);
    // A few tokens on a few experts cannot spread so far: no count exceeds `tokens` times the rank's experts.
    const most = 0.9 * mean * (tokens * chances.length - mean);
    return { law, mean, variance: Math.min(variance * widening, Math.max(variance, most)) };
  });
  const total = tokens * inclusion.reduce((sum, p) => sum + p, 0);
  const widest = Math.sqrt(Math.max(...ranks.map(({ variance }) => variance)));
  const even = total / placement.ranks;
  if (widest <= exactDeviation) {
    const laws = ranks.map(({ law, mean, variance }) => matched(repeated(law, tokens), mean, variance));
    return { expected: expectedMaximum(laws, certain(Math.round(total))), even };
  }
  const points = Math.round((total * pointsPerDeviation) / widest);
  const scale = total / points;
  const laws = ranks.map(({ mean, variance }) => discreteNormal(mean / scale, Math.sqrt(variance) / scale, 0, points));
  return { expected: scale * expectedMaximum(laws, certain(points)), even };
}

/** `E[max]` of independent counts, given (where `total` is) that their sum has that law: `Σ_m P(max > m)`. */
export function expectedMaximum(laws: readonly IntegerLaw[], total?: IntegerLaw): number {
  const first = laws.reduce((sum, law) => sum + law.first, 0);
  const free = total && sumWithin(laws, Number.POSITIVE_INFINITY);
  const least = Math.max(...laws.map((law) => law.first));
  const most = Math.max(...laws.map((law) => law.first + law.probabilities.length - 1));
  let expected = least;
  for (let m = least; m < most; m++) {
    let within = 0;
    if (total && free) {
      const bounded = sumWithin(laws, m);
      let mass = 0;
      for (let i = 0; i < total.probabilities.length; i++) {
        const at = total.first + i - first;
        const chance = free[at] ?? 0;
        if (chance === 0) continue;
        mass += total.probabilities[i]!;
        within += (total.probabilities[i]! * (bounded[at] ?? 0)) / chance;
      }
      within /= mass;
    } else {
      within = laws.reduce((product, law) => product * cumulative(law, m), 1);
    }
    expected += 1 - within;
  }
  return expected;
}

/** Unnormalised law of the sum with every count at most `most`, from the sum of the first values on. */
function sumWithin(laws: readonly IntegerLaw[], most: number): Float64Array {
  return laws.reduce<Float64Array>(
    (sum, law) => convolution(sum, law.probabilities.subarray(0, Math.max(0, most - law.first + 1))),
    Float64Array.of(1),
  );
}

function cumulative({ first, probabilities }: IntegerLaw, value: number): number {
  let sum = 0;
  for (let i = 0; i < probabilities.length && first + i <= value; i++) sum += probabilities[i]!;
  return sum;
}
