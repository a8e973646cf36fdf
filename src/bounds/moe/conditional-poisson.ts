import { InvariantError } from "../../core/errors.ts";

/**
 * The conditional Poisson design (the law of greatest entropy among `k`-subsets) with given inclusion probabilities, as the
 * chances of independent trials of which exactly `k` succeed. With equal chances it is uniform choice.
 * It stands in for successive sampling where that has no law over many tokens: the chance of each expert is
 * exactly the same, joint chances differ a little. The trials' odds `o_i` are found by iterating
 * `o_i ← o_i·odds(wanted_i)/odds(got_i)` (after Chen, Dempster and Liu 1994).
 */
export function conditionalPoisson(inclusion: Float64Array, active: number): Float64Array {
  let chances = inclusion;
  let lastError = Number.POSITIVE_INFINITY;
  let power = 1;
  for (let iteration = 0; iteration < 2000; iteration++) {
    const got = conditionalInclusion(chances, active);
    const error = got.reduce((worst, g, i) => Math.max(worst, Math.abs(g - inclusion[i]!)), 0);
    if (error < 1e-12) return chances;
    // Where one expert has nearly all popularity it and the others would both make up for the same error, over and over.
    if (error > 0.9 * lastError) power = Math.max(0.25, power / 2);
    lastError = error;
    chances = chances.map((p, i) => {
      const wanted = inclusion[i]!;
      // What is certain but for rounding has no odds.
      if (wanted <= 0 || wanted >= 1 || got[i]! >= 1 || p >= 1) return p;
      const correction = ((wanted / (1 - wanted)) * (1 - got[i]!)) / got[i]!;
      const odds = (p / (1 - p)) * correction ** power;
      return 1 / (1 + 1 / odds);
    });
  }
  throw new InvariantError("the conditional Poisson design did not settle on the inclusion probabilities");
}

/** Chances to draw a `k`-subset group by group, from experts that lie in groups: single experts, or the experts of a rank. */
export interface GroupByGroup {
  readonly active: number;
  /** Experts of each group. */
  readonly sizes: Int32Array;
  /**
   * At `(group·(k+1) + s)·(k+1) + j`: of tokens with `s` picks left, having decided on the groups before, that do not pick
   * `1..j-1` of this group's experts, the share that picks `j ≥ 1` of them.
   */
  readonly shares: Float64Array;
}

/** Draws from the design with these chances of trials; where they are equal, a group's picks are hypergeometric. */
export function groupByGroup(
  chances: Float64Array,
  active: number,
  groups: readonly (readonly number[])[],
): GroupByGroup {
  const width = active + 1;
  const row = (rows: Float64Array, at: number) => rows.subarray(at * width, (at + 1) * width);
  const chancesOf = (experts: readonly number[]) => experts.map((expert) => chances[expert]!);
  const fromEnd = successes(chancesOf(groups.flat()).toReversed(), active);
  const shares = new Float64Array(groups.length * width * width);
  let left = chances.length;
  for (const [group, experts] of groups.entries()) {
    left -= experts.length;
    const inside = row(successes(chancesOf(experts), active), experts.length);
    const after = row(fromEnd, left);
    for (let s = 1; s <= active; s++) {
      let open = inside[0]! * after[s]!;
      for (let j = s; j >= 1; j--) {
        const picking = inside[j]! * after[s - j]!;
        open += picking;
        if (picking > 0) shares[(group * width + s) * width + j] = picking / open;
      }
    }
  }
  return { active, sizes: Int32Array.from(groups, (experts) => experts.length), shares };
}

/** Inclusion probabilities of independent trials given that exactly `k` succeed. */
function conditionalInclusion(chances: Float64Array, active: number): Float64Array {
  const before = successes(chances, active);
  const after = successes(chances.toReversed(), active);
  const last = chances.length;
  const width = active + 1;
  const all = before[last * width + active]!;
  return chances.map((p, i) => {
    let others = 0;
    for (let m = 0; m < active; m++) others += before[i * width + m]! * after[(last - 1 - i) * width + active - 1 - m]!;
    return Math.min(1, (p * others) / all);
  });
}

/** Row `n`: chances of `0..k` successes among the first `n` trials. */
function successes(chances: ArrayLike<number>, active: number): Float64Array {
  const width = active + 1;
  const rows = new Float64Array((chances.length + 1) * width);
  rows[0] = 1;
  for (let n = 0; n < chances.length; n++) {
    const p = chances[n]!;
    const from = n * width;
    rows[from + width] = rows[from]! * (1 - p);
    for (let m = 1; m <= active; m++) rows[from + width + m] = rows[from + m]! * (1 - p) + rows[from + m - 1]! * p;
  }
  return rows;
}
