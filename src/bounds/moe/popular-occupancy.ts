import { certain, independentCount, restricted } from "./integer-law.ts";
import { matched } from "./matched-law.ts";
import {
  checkedRouting,
  checkTokens,
  type Occupancy,
  type Routing,
  saturatedFrom,
  uniformOccupancy,
} from "./occupancy.ts";
import { type MissTerms, stepCorrelation } from "./persistence.ts";
import { isUniform, type Popularity, pickProbabilities } from "./popularity.ts";
import { type Misses, missPairs } from "./successive-sampling.ts";

/** Distinct experts of one layer: the exact law for uniform choice, exact mean and variance with a matched law otherwise. */
export function occupancy(routing: Routing, popularity: Popularity = { kind: "uniform" }): Occupancy {
  const picks = pickProbabilities(popularity, checkedRouting(routing).experts, routing.active);
  return isUniform(picks) ? uniformOccupancy(routing) : popularOccupancy(routing, picks);
}

function popularOccupancy(routing: Routing, picks: Float64Array): Occupancy {
  const misses = missPairs(picks, routing.active);
  const most = misses.single.filter((miss) => miss < 1).length;
  const saturationTokens = saturatedFrom(most, rarestMiss(misses.single));
  const terms = missTerms(misses);
  const mean = (tokens: number) => meanTouched(misses.single, tokens);
  const variance = (tokens: number) => (tokens <= 1 ? 0 : varianceTouched(terms, tokens));
  return {
    routing,
    saturationTokens,
    mean,
    variance,
    law(tokens) {
      checkTokens(tokens);
      if (tokens >= saturationTokens) return certain(most);
      if (tokens < 2) return certain(tokens * routing.active);
      // Tokens draw distinct experts, so that touches repel each other: independent ones have the right support and skew, but too wide a law.
      const touched = independentCount(misses.single.map((miss) => 1 - miss ** tokens));
      const possible = restricted(touched, routing.active, tokens * routing.active);
      return matched(possible, mean(tokens), variance(tokens));
    },
    correlation: (sequences, persistence) => stepCorrelation(terms, sequences, persistence),
  };
}

/** The chance that a token misses the rarest of the experts that can be picked at all. */
export function rarestMiss(misses: Float64Array): number {
  return misses.reduce((worst, miss) => (miss < 1 ? Math.max(worst, miss) : worst), 0);
}

/** Exact mean number of distinct experts: `Σ 1 - P(miss i)^T`. */
export function meanTouched(miss: Float64Array, tokens: number): number {
  return miss.reduce((sum, m) => sum + 1 - m ** tokens, 0);
}

/** Exact variance: `Σ_ij m_ij^T - (m_i·m_j)^T` with `m_ii = m_i`. */
export function varianceTouched({ count, together, apart }: MissTerms, tokens: number): number {
  let variance = 0;
  for (let n = 0; n < count.length; n++) variance += count[n]! * (together[n]! ** tokens - apart[n]! ** tokens);
  return Math.max(0, variance);
}

export function missTerms({ single, pair }: Misses): MissTerms {
  const experts = single.length;
  const terms = (experts * (experts + 1)) / 2;
  const count = new Float64Array(terms);
  const together = new Float64Array(terms);
  const apart = new Float64Array(terms);
  for (let i = 0, n = 0; i < experts; i++) {
    for (let j = i; j < experts; j++, n++) {
      count[n] = i === j ? 1 : 2;
      together[n] = i === j ? single[i]! : pair[i * experts + j]!;
      apart[n] = single[i]! * single[j]!;
    }
  }
  return { count, together, apart };
}
