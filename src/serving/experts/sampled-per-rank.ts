import { conditionalPoisson, groupByGroup } from "../../bounds/moe/conditional-poisson.ts";
import { type Routing, saturatedFrom } from "../../bounds/moe/occupancy.ts";
import { checkedPersistence } from "../../bounds/moe/persistence.ts";
import type { Placement } from "../../bounds/moe/placement.ts";
import { rarestMiss } from "../../bounds/moe/popular-occupancy.ts";
import { type Popularity, pickProbabilities } from "../../bounds/moe/popularity.ts";
import { missProbabilities } from "../../bounds/moe/successive-sampling.ts";
import { lazily } from "../../core/lazily.ts";
import type { Random } from "../../core/random.ts";
import { type ExpertSampler, emptyLoads } from "./expert-sampler.ts";
import { byGroup, tokenByToken } from "./layer-draws.ts";
import { type PersistentTokensOptions, persistentTokens } from "./persistent-tokens.ts";
import { type RankLoads, rankLoads, saturatedRankLoads } from "./rank-loads.ts";

export interface SampledPerRankOptions {
  readonly routing: Routing;
  readonly popularity: Popularity;
  /** Where the experts of each expert layer lie, in the order of their popularity. */
  readonly placements: readonly Placement[];
  readonly random: Random;
  /** Chance that a token has the experts of its sequence's token before it; 0 by default. */
  readonly persistence?: number;
}

/**
 * Draws every layer's experts and takes the busiest rank's reads and assignments, each for itself: a layer that waits for
 * all ranks takes `max_r max(compute_r, memory_r)`, which is the larger of the two maxima.
 * A step of few tokens goes token by token; one of many goes expert by expert, or rank by rank once all experts are sure to be touched:
 * the exact law for uniform choice, under popularity the conditional Poisson design with the same chance for each expert.
 */
export function sampledExpertsPerRank(options: SampledPerRankOptions): ExpertSampler {
  const { routing, popularity, placements, random } = options;
  const persistence = checkedPersistence(options.persistence ?? 0);
  const { active } = routing;
  const picks = pickProbabilities(popularity, routing.experts, active);
  const layers = placements.length;
  const loads = emptyLoads(layers, true);
  const drawLayer =
    persistence > 0
      ? rememberedLayers({ picks, active, layers, persistence, random }, placements)
      : independentLayers(picks, active, placements, random);

  return {
    level: "sampled-per-rank",
    sample(tokens, sequences, microbatch = 0) {
      loads.distinctTotal = 0;
      loads.assignmentsTotal = 0;
      loads.touchedTotal = 0;
      for (let layer = 0; layer < layers; layer++) {
        const { busiestReads, busiestAssignments, touched } = drawLayer(layer, tokens, sequences, microbatch);
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

type DrawLayer = (layer: number, tokens: number, sequences: number, microbatch: number) => RankLoads;

/** From this many tokens on, going through experts costs less than going through tokens (measured in the bench). */
const manyTokens = (experts: number) => Math.max(64, 4 * experts);

function independentLayers(
  picks: Float64Array,
  active: number,
  placements: readonly Placement[],
  random: Random,
): DrawLayer {
  const experts = picks.length;
  const misses = missProbabilities(picks, active);
  const saturationTokens = saturatedFrom(misses.filter((miss) => miss < 1).length, rarestMiss(misses));
  const chances = lazily(() =>
    conditionalPoisson(
      misses.map((miss) => 1 - miss),
      active,
    ),
  );
  const few = tokenByToken(picks, active, random);
  const single = Array.from(picks.keys(), (expert) => [expert]);
  const many = lazily(() => byGroup(groupByGroup(chances(), active, single), random));
  const threshold = manyTokens(experts);
  const counts = new Int32Array(experts);
  const ranks = ofPlacements(placements, (placement) => ({
    ofExperts: rankLoads(placement, random),
    ofAll: placement.holders.some((held) => held.length > 1)
      ? undefined
      : lazily(() => saturatedRankLoads(placement, chances(), active, random)),
  }));
  return (layer, tokens) => {
    const { ofExperts, ofAll } = ranks[layer]!;
    if (ofAll && tokens >= saturationTokens) return ofAll()(tokens);
    counts.fill(0);
    if (tokens < threshold) few(tokens, counts);
    else many()(tokens, counts);
    return ofExperts(counts);
  };
}

function rememberedLayers(options: PersistentTokensOptions, placements: readonly Placement[]): DrawLayer {
  const microbatches: ReturnType<typeof persistentTokens>[] = [];
  const counts = new Int32Array(options.picks.length);
  const ranks = ofPlacements(placements, (placement) => rankLoads(placement, options.random));
  return (layer, tokens, sequences, microbatch) => {
    microbatches[microbatch] ??= persistentTokens(options);
    counts.fill(0);
    microbatches[microbatch](layer, tokens, sequences, counts);
    return ranks[layer]!(counts);
  };
}

/** One value for each layer, the same one where layers share a placement. */
function ofPlacements<Value>(placements: readonly Placement[], of: (placement: Placement) => Value): Value[] {
  const known = new Map<Placement, Value>();
  return placements.map((placement) => {
    const value = known.get(placement) ?? of(placement);
    known.set(placement, value);
    return value;
  });
}
