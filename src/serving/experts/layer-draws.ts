import type { GroupByGroup } from "../../bounds/moe/conditional-poisson.ts";
import type { Random } from "../../core/random.ts";
import { binomialDraws } from "./binomial.ts";
import { pickDraws } from "./pick-draws.ts";

/** Adds to `counts` how many of `tokens` tokens each expert of one layer serves. */
export type LayerDraws = (tokens: number, counts: Int32Array) => void;

/** Token by token: picks in proportion to popularity until `k` distinct ones are found, which is successive sampling. */
export function tokenByToken(picks: Float64Array, active: number, random: Random): LayerDraws {
  const drawSet = distinctDraws(picks, active, random);
  const set = new Int32Array(active);
  return (tokens, counts) => {
    for (let token = 0; token < tokens; token++) {
      drawSet(set, 0);
      for (let i = 0; i < active; i++) counts[set[i]!]!++;
    }
  };
}

/** From so many repeats in a row on, the rest of the experts is gone through instead: a few may hold nearly all popularity. */
const mostRepeats = 16;

/** Writes one token's `k` distinct experts at `sets[at…]`. */
export function distinctDraws(
  picks: Float64Array,
  active: number,
  random: Random,
): (sets: Int32Array, at: number) => void {
  const pick = pickDraws(picks, random);
  const seenBy = new Float64Array(picks.length);
  let draw = 0;

  function pickOfUnseen(): number {
    const left = picks.reduce((sum, p, expert) => (seenBy[expert] === draw ? sum : sum + p), 0);
    let place = random() * left;
    let last = -1;
    for (let expert = 0; expert < picks.length && place >= 0; expert++) {
      if (seenBy[expert] === draw || picks[expert] === 0) continue;
      place -= picks[expert]!;
      last = expert;
    }
    return last;
  }

  return (sets, at) => {
    draw++;
    let repeats = 0;
    for (let i = 0; i < active; ) {
      const expert = repeats < mostRepeats ? pick() : pickOfUnseen();
      if (seenBy[expert] === draw) {
        repeats++;
        continue;
      }
      repeats = 0;
      seenBy[expert] = draw;
      sets[at + i] = expert;
      i++;
    }
  };
}

/**
 * Adds to `counts` the assignments of each group, whatever the number of tokens: those with `s` picks left are all alike, so a binomial
 * number of them picks one expert of the group, one of the others picks two, and each goes on with what it has left. At most
 * `k²/2` binomials a group, `k` where it is a single expert.
 */
export function byGroup({ active, sizes, shares }: GroupByGroup, random: Random): LayerDraws {
  const binomial = binomialDraws(random);
  const width = active + 1;
  const withLeft = new Int32Array(width);
  return (tokens, counts) => {
    withLeft.fill(0);
    withLeft[active] = tokens;
    for (let group = 0; group < sizes.length; group++) {
      for (let left = 1; left <= active; left++) {
        const at = (group * width + left) * width;
        const most = Math.min(left, sizes[group]!);
        for (let picks = 1; picks <= most && withLeft[left]! > 0; picks++) {
          const picking = binomial(withLeft[left]!, shares[at + picks]!);
          withLeft[left]! -= picking;
          withLeft[left - picks]! += picking;
          counts[group]! += picks * picking;
        }
      }
    }
  };
}
