import { conditionalPoisson, uniformExpertByExpert } from "../../bounds/moe/conditional-poisson.ts";
import type { Routing } from "../../bounds/moe/occupancy.ts";
import { checkedPersistence } from "../../bounds/moe/persistence.ts";
import type { Placement } from "../../bounds/moe/placement.ts";
import { isUniform, type Popularity, pickProbabilities } from "../../bounds/moe/popularity.ts";
import { missProbabilities } from "../../bounds/moe/successive-sampling.ts";
import type { Random } from "../../core/random.ts";
import { type ExpertSampler, emptyLoads } from "./expert-sampler.ts";
import { expertByExpert, type LayerDraws, tokenByToken } from "./layer-draws.ts";
import { persistentTokens } from "./persistent-tokens.ts";
import { rankLoads } from "./rank-loads.ts";

export interface SampledPerRankOptions {
  readonly routing: Routing;
  readonly popularity: Popularity;
  /** Where the experts of each expert layer lie, in the order of their popularity. */
  readonly placements: readonly Placement[];
  readonly random: Random;
  /** Chance that a token has the experts of its sequence's token before it; 0 by default. */
  readonly persistence?: number;
}

/** From this many tokens on, going through experts costs less than going through tokens (measured in the bench). */
function manyTokens({ experts }: Routing): number {
  return Math.max(64, 4 * experts);
}

/**
 * Draws every layer's experts and takes the busiest rank's reads and assignments, each for itself: a layer that waits for
 * all ranks takes `max_r max(compute_r, memory_r)`, which is the larger of the two maxima.
 * A step of few tokens goes token by token; one of many goes expert by expert: the exact law for uniform choice,
 * under popularity the conditional Poisson design with the same chance for each expert.
 */
export function sampledExpertsPerRank(options: SampledPerRankOptions): ExpertSampler {
  const { routing, popularity, placements, random } = options;
  const persistence = checkedPersistence(options.persistence ?? 0);
  const { experts, active } = routing;
  const picks = pickProbabilities(popularity, experts, active);
  const layers = placements.length;
  const counts = Array.from({ length: layers }, () => new Int32Array(experts));
  const spread = placements.map((placement) => rankLoads(placement, random));
  const loads = emptyLoads(layers, true);
  const threshold = manyTokens(routing);
  const few = tokenByToken(picks, active, random);
  const persistent = persistence > 0 ? persistentTokens({ picks, active, layers, persistence, random }) : undefined;
  let many: LayerDraws | undefined;

  function drawLayer(layer: number, tokens: number, sequences: number): void {
    const into = counts[layer]!;
    into.fill(0);
    if (persistent) persistent(layer, tokens, sequences, into);
    else if (tokens < threshold) few(tokens, into);
    else {
      many ??= drawsOfMany(picks, active, random);
      many(tokens, into);
    }
  }

  return {
    level: "sampled-per-rank",
    sample(tokens, sequences) {
      loads.distinctTotal = 0;
      loads.assignmentsTotal = 0;
      loads.touchedTotal = 0;
      for (let layer = 0; layer < layers; layer++) {
        drawLayer(layer, tokens, sequences);
        const { busiestReads, busiestAssignments, touched } = spread[layer]!(counts[layer]!);
        loads.distinct[layer] = busiestReads;
        loads.assignments[layer] = busiestAssignments;
        loads.touched[layer] = touched;
        loads.distinctTotal += busiestReads;
        loads.assignmentsTotal += busiestAssignments;
        loads.touchedTotal += touched;
      }
      return loads;
    },
  };
}

function drawsOfMany(picks: Float64Array, active: number, random: Random): LayerDraws {
  const design = isUniform(picks)
    ? uniformExpertByExpert(picks.length, active)
    : conditionalPoisson(
        missProbabilities(picks, active).map((miss) => 1 - miss),
        active,
      );
  return expertByExpert(design, random);
}
