import type { Random } from "../../core/random.ts";
import type { Moments } from "../request-moments.ts";
import type { LengthDistribution } from "./length-distribution.ts";
import { momentsOf, tailSums } from "./tail-sums.ts";

/** A law of positive numbers. */
interface ContinuousLaw {
  /** The probability of more than `x`. */
  survival(x: number): number;
  sampler(random: Random): () => number;
}

/** Draws of a law rounded to whole tokens, at least 1 and at most `longest`; moments are summed when first asked for. */
export function roundedLengths({ survival, sampler }: ContinuousLaw, longest: number): LengthDistribution {
  const exceeds = (tokens: number) => {
    if (tokens < 1) return 1;
    return tokens < longest ? survival(tokens + 0.5) : 0;
  };
  let known: Moments | undefined;
  const moments = () => {
    known ??= momentsOf(tailSums({ exceeds, longest }));
    return known;
  };
  return {
    get mean() {
      return moments().mean;
    },
    get variance() {
      return moments().variance;
    },
    longest,
    exceeds,
    sampler(random) {
      const draw = sampler(random);
      return () => Math.min(longest, Math.max(1, Math.round(draw())));
    },
  };
}
