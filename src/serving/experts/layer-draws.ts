import type { ExpertByExpert } from "../../bounds/moe/conditional-poisson.ts";
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

/** Writes one token's `k` distinct experts at `sets[at…]`. */
export function distinctDraws(
  picks: Float64Array,
  active: number,
  random: Random,
): (sets: Int32Array, at: number) => void {
  const pick = pickDraws(picks, random);
  const seenBy = new Float64Array(picks.length);
  let draw = 0;
  return (sets, at) => {
    draw++;
    for (let i = 0; i < active; ) {
      const expert = pick();
      if (seenBy[expert] === draw) continue;
      seenBy[expert] = draw;
      sets[at + i] = expert;
      i++;
    }
  };
}

/**
 * Expert by expert, whatever the number of tokens: those with `s` picks left are all alike, so a binomial number of them takes
 * the expert and goes on with `s - 1`. At most `E·k` binomials.
 */
export function expertByExpert({ experts, active, take }: ExpertByExpert, random: Random): LayerDraws {
  const binomial = binomialDraws(random);
  const withLeft = new Int32Array(active + 1);
  return (tokens, counts) => {
    withLeft.fill(0);
    withLeft[active] = tokens;
    for (let expert = 0; expert < experts; expert++) {
      for (let left = 1; left <= active; left++) {
        if (withLeft[left] === 0) continue;
        const taking = binomial(withLeft[left]!, take[expert * (active + 1) + left]!);
        withLeft[left]! -= taking;
        withLeft[left - 1]! += taking;
        counts[expert]! += taking;
      }
    }
  };
}
