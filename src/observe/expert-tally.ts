/** What the experts of some decode steps came to: sums over steps; of experts, over all expert layers too. */
export class ExpertTally {
  steps = 0;
  /** New tokens, and the cached tokens that they read. */
  tokens = 0;
  pairs = 0;
  /** Distinct experts touched by all ranks together. */
  touched = 0;
  /** Their mean in one layer, by the closed form and by that of uniform choice. */
  distinctForecast = 0;
  distinctIfUniform = 0;
  /** Experts read and tokens served: over all ranks, or by each layer's busiest of expert-parallel ranks. */
  reads = 0;
  assignments = 0;
  stepSeconds = 0;
  /** `max(compute, memory)` as the run takes it, and of the same experts on totals and by layer (not a number where not drawn by layer). */
  workSeconds = 0;
  workOnTotalsSeconds = 0;
  workByLayerSeconds = 0;
  /** Its closed form, with the mean of experts in place of the random number, and under uniform choice; as the run takes it. */
  workForecastSeconds = 0;
  workAtMeanSeconds = 0;
  workIfUniformSeconds = 0;
  /** The closed form both ways. */
  totalsForecastSeconds = 0;
  perLayerForecastSeconds = 0;
}

/** The tally of all their steps. */
export function mergedExpertTallies(tallies: readonly ExpertTally[]): ExpertTally {
  const merged = new ExpertTally();
  for (const tally of tallies) {
    for (const name of Object.keys(merged) as (keyof ExpertTally)[]) merged[name] += tally[name];
  }
  return merged;
}
