import { UserError } from "../../core/errors.ts";

/**
 * Ordered pairs of experts with the same chances, the pair of an expert with itself included: how many there are, the chance that a
 * token misses both, and the product of the chances to miss each.
 */
export interface MissTerms {
  readonly count: Float64Array;
  readonly together: Float64Array;
  readonly apart: Float64Array;
}

/**
 * Correlation of the numbers of distinct experts in two steps one after the other, when each of `sequences` sequences keeps its
 * last token's experts with chance `persistence` and draws afresh otherwise.
 * The law of each step alone is unchanged; over the two steps a sequence misses first `i` and then `j` with chance
 * `ρ·m_ij + (1-ρ)·m_i·m_j` (with `m_ii = m_i`), so `Cov = Σ_ij (ρ·m_ij + (1-ρ)·m_i·m_j)^S - (m_i·m_j)^S`.
 */
export function stepCorrelation(terms: MissTerms, sequences: number, persistence: number): number {
  let between = 0;
  let within = 0;
  for (let n = 0; n < terms.count.length; n++) {
    const apart = terms.apart[n]!;
    const together = terms.together[n]!;
    const independent = apart ** sequences;
    between += terms.count[n]! * ((persistence * together + (1 - persistence) * apart) ** sequences - independent);
    within += terms.count[n]! * (together ** sequences - independent);
  }
  // A law without spread (one sequence, or every expert touched) has nothing to correlate.
  return within > 1e-9 ? Math.min(1, Math.max(0, between / within)) : 0;
}

/** Throws a `UserError` unless `persistence` is a chance. */
export function checkedPersistence(persistence: number): number {
  if (persistence >= 0 && persistence <= 1) return persistence;
  throw new UserError("moe.persistence", `${persistence} is not a chance`, "0 to 1");
}
