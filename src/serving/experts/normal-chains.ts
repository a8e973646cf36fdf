import type { Random } from "../../core/random.ts";
import { normalDraws } from "./normal-draws.ts";

/** Standard normal numbers that each follow the one before it: stationary Gaussian chains. */
export interface NormalChains {
  /** The next numbers of all chains of a microbatch, with this correlation to the last ones. Overwritten by its next. */
  next(microbatch: number, correlation: number): Float64Array;
}

/** So many chains for each microbatch, independent of one another. */
export function normalChains(chains: number, random: Random): NormalChains {
  const normal = normalDraws(random);
  const states: Float64Array[] = [];
  return {
    next(microbatch, correlation) {
      const state = states[microbatch];
      if (state === undefined) {
        states[microbatch] = Float64Array.from({ length: chains }, normal);
        return states[microbatch];
      }
      const innovation = Math.sqrt(1 - correlation * correlation);
      for (let i = 0; i < chains; i++) state[i] = correlation * state[i]! + innovation * normal();
      return state;
    },
  };
}
