import { repeated } from "../../bounds/moe/integer-law.ts";
import { normalCorrelation } from "../../bounds/moe/normal-correlation.ts";
import type { Occupancy } from "../../bounds/moe/occupancy.ts";
import { checkedPersistence } from "../../bounds/moe/persistence.ts";
import type { MaximumOver } from "../../bounds/moe/step-moments.ts";
import { boundedTables } from "../../core/bounded-tables.ts";
import type { Random } from "../../core/random.ts";
import { binomialDraws } from "./binomial.ts";
import { type ExpertSampler, emptyLoads } from "./expert-sampler.ts";
import { inverseTable, normalInverseTable } from "./inverse-table.ts";
import { normalChains } from "./normal-chains.ts";

export interface SampledOptions {
  readonly occupancy: Occupancy;
  readonly layers: number;
  /** With `totals` one draw gives the sum over layers and `distinct` stays empty; with `per-layer` each layer has its own draw. */
  readonly over: MaximumOver;
  readonly random: Random;
  /** Chance that a token has the experts of its sequence's token before it; 0 by default. */
  readonly persistence?: number;
  /** Bound on all tables together; 16 MiB by default. */
  readonly mostTableBytes?: number;
}

/**
 * Distinct experts from their exact law by one table look-up for each step (`totals`) or layer (`per-layer`).
 *
 * With persistence, tokens of one sequence in the same step share draws: `S` sequences and `T` tokens make `S + Binomial(T - S, 1 - ρ)`
 * fresh ones. From step to step of a microbatch the numbers behind the look-ups follow a stationary Gaussian chain, so that the law of
 * each step stays as it was and counts have their exact correlation.
 */
export function sampledExperts(options: SampledOptions): ExpertSampler {
  const { occupancy, layers, over, random, mostTableBytes = 16 * 2 ** 20 } = options;
  const persistence = checkedPersistence(options.persistence ?? 0);
  const { active } = occupancy.routing;
  const draws = over === "totals" ? 1 : layers;
  const lawOf = (tokens: number) =>
    over === "totals" ? repeated(occupancy.law(tokens), layers) : occupancy.law(tokens);
  const correlationOf = (sequences: number) =>
    normalCorrelation(lawOf(sequences), occupancy.correlation(sequences, persistence));
  const memory = persistence > 0 ? stepMemory(draws, persistence, correlationOf, random) : undefined;
  const tabulated = memory ? normalInverseTable : inverseTable;
  const tables = boundedTables((tokens) => tabulated(lawOf(tokens)), mostTableBytes);
  const loads = emptyLoads(over === "totals" ? 0 : layers);
  let lastTokens = -1;

  return {
    level: "sampled",
    sample(tokens, sequences, microbatch = 0) {
      const sets = memory ? memory.freshDraws(tokens, sequences) : tokens;
      const table = tables(Math.min(sets, occupancy.saturationTokens));
      const remembered = memory?.next(microbatch, sequences);
      let total = 0;
      for (let draw = 0; draw < draws; draw++) {
        const distinct = table.valueAt(remembered ? remembered[draw]! : random());
        total += distinct;
        if (over === "per-layer") loads.distinct[draw] = distinct;
      }
      loads.distinctTotal = total;
      loads.touchedTotal = total;
      if (tokens !== lastTokens) {
        lastTokens = tokens;
        loads.assignmentsTotal = layers * tokens * active;
        loads.assignments.fill(tokens * active);
      }
      return loads;
    },
  };
}

/** What tokens that keep their experts leave of chance: within a step, and from one step of a microbatch to its next. */
function stepMemory(draws: number, persistence: number, correlationOf: (sequences: number) => number, random: Random) {
  const binomial = binomialDraws(random);
  const chains = normalChains(draws, random);
  const correlations = new Map<number, number>();
  return {
    /** How many of a step's tokens draw experts anew: the first of each sequence, the others with chance `1 - ρ`. */
    freshDraws: (tokens: number, sequences: number) => sequences + binomial(tokens - sequences, 1 - persistence),
    /** Standard normal numbers that follow the microbatch's last ones. */
    next(microbatch: number, sequences: number): Float64Array {
      let correlation = correlations.get(sequences);
      if (correlation === undefined) {
        correlation = correlationOf(sequences);
        correlations.set(sequences, correlation);
      }
      return chains.next(microbatch, correlation);
    },
  };
}
