import { randomBinomial } from "d3-random";
import type { Random } from "../../core/random.ts";

/** Draws the number of successes among `trials`; exact. */
export type Binomial = (trials: number, chance: number) => number;

/**
 * Inversion while few successes are expected, which is nearly always the case here and far cheaper than setting up a general
 * sampler; d3-random's beta splitting otherwise.
 */
export function binomialDraws(random: Random): Binomial {
  const general = randomBinomial.source(random);
  return function draw(trials, chance): number {
    if (trials <= 0 || chance <= 0) return 0;
    if (chance >= 1) return trials;
    if (chance > 0.5) return trials - draw(trials, 1 - chance);
    if (trials * chance > 16) return general(trials, chance)();
    return byInversion(trials, chance, random());
  };
}

function byInversion(trials: number, chance: number, uniform: number): number {
  const odds = chance / (1 - chance);
  let probability = (1 - chance) ** trials;
  let left = uniform;
  let successes = 0;
  while (left >= probability && successes < trials) {
    left -= probability;
    probability *= (odds * (trials - successes)) / (successes + 1);
    successes++;
  }
  return successes;
}
