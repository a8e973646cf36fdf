import { InvariantError } from "../../core/errors.ts";

/**
 * Chances to draw a `k`-subset expert by expert: `take[i·(k+1) + s]` is the chance that a token with `s` picks left, having
 * decided on the experts before `i`, takes expert `i`.
 */
export interface ExpertByExpert {
  readonly experts: number;
  readonly active: number;
  readonly take: Float64Array;
}

/** Uniform choice: `s/(E - i)`, exactly. */
export function uniformExpertByExpert(experts: number, active: number): ExpertByExpert {
  const take = new Float64Array(experts * (active + 1));
  for (let i = 0; i < experts; i++) {
    for (let s = 1; s <= active; s++) take[i * (active + 1) + s] = Math.min(1, s / (experts - i));
  }
  return { experts, active, take };
}

/**
 * The conditional Poisson design (the law of greatest entropy among `k`-subsets) with given inclusion probabilities.
 * It stands in for successive sampling where that has no law over many tokens: the chance of each expert is
 * exactly the same, joint chances differ a little. Independent trials of odds `o_i` given that `k` succeed, the odds found by
 * iterating `o_i ← o_i·odds(wanted_i)/odds(got_i)` (after Chen, Dempster and Liu 1994).
 */
export function conditionalPoisson(inclusion: Float64Array, active: number): ExpertByExpert {
  let chances = inclusion;
  for (let iteration = 0; iteration < 500; iteration++) {
    const got = conditionalInclusion(chances, active);
    const error = got.reduce((worst, g, i) => Math.max(worst, Math.abs(g - inclusion[i]!)), 0);
    if (error < 1e-12) return inTurn(chances, active);
    chances = chances.map((p, i) => {
      const wanted = inclusion[i]!;
      if (wanted <= 0 || wanted >= 1) return p;
      const odds = ((p / (1 - p)) * (wanted / (1 - wanted)) * (1 - got[i]!)) / got[i]!;
      return odds / (1 + odds);
    });
  }
  throw new InvariantError("the conditional Poisson design did not settle on the inclusion probabilities");
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

function inTurn(chances: Float64Array, active: number): ExpertByExpert {
  const experts = chances.length;
  const width = active + 1;
  const after = successes(chances.toReversed(), active);
  const take = new Float64Array(experts * width);
  for (let i = 0; i < experts; i++) {
    for (let s = 1; s <= active; s++) {
      const ways = after[(experts - i) * width + s]!;
      const taken = chances[i]! * after[(experts - i - 1) * width + s - 1]!;
      take[i * width + s] = ways > 0 ? Math.min(1, taken / ways) : 0;
    }
  }
  return { experts, active, take };
}

/** Row `n`: chances of `0..k` successes among the first `n` trials. */
function successes(chances: Float64Array, active: number): Float64Array {
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
