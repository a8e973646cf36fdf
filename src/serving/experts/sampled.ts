import { randomNormal } from "d3-random";
import { repeated } from "../../bounds/moe/integer-law.ts";
import type { Occupancy } from "../../bounds/moe/occupancy.ts";
import { checkedPersistence } from "../../bounds/moe/persistence.ts";
import type { MaximumOver } from "../../bounds/moe/step-moments.ts";
import { boundedTables } from "../../core/bounded-tables.ts";
import { normalCdf } from "../../core/normal.ts";
import type { Random } from "../../core/random.ts";
import { binomialDraws } from "./binomial.ts";
import { type ExpertSampler, emptyLoads } from "./expert-sampler.ts";
import { inverseTable } from "./inverse-table.ts";

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
 * fresh ones. From step to step the uniform numbers behind the look-ups follow a stationary Gaussian chain with the exact correlation
 * of the counts, so that the law of each step stays as it was.
 */
export function sampledExperts(options: SampledOptions): ExpertSampler {
  const { occupancy, layers, over, random, mostTableBytes = 16 * 2 ** 20 } = options;
  const persistence = checkedPersistence(options.persistence ?? 0);
  const { active } = occupancy.routing;
  const draws = over === "totals" ? 1 : layers;
  const tables = boundedTables(
    (tokens) => inverseTable(over === "totals" ? repeated(occupancy.law(tokens), layers) : occupancy.law(tokens)),
    mostTableBytes,
  );
  const loads = emptyLoads(over === "totals" ? 0 : layers);
  const fresh = persistence > 0 ? freshDraws(persistence, random) : undefined;
  const uniforms = persistence > 0 ? persistentUniforms(occupancy, draws, persistence, random) : undefined;
  let lastTokens = -1;

  return {
    level: "sampled",
    sample(tokens, sequences) {
      const sets = Math.min(fresh ? fresh(tokens, sequences) : tokens, occupancy.saturationTokens);
      const table = tables(sets);
      uniforms?.advance(sequences);
      let total = 0;
      for (let draw = 0; draw < draws; draw++) {
        const distinct = table.valueAt(uniforms ? uniforms.at(draw) : random());
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

/** How many of a step's tokens draw experts anew: the first of each sequence, the others with chance `1 - ρ`. */
export function freshDraws(persistence: number, random: Random): (tokens: number, sequences: number) => number {
  const binomial = binomialDraws(random);
  return (tokens, sequences) => sequences + binomial(tokens - sequences, 1 - persistence);
}

interface Uniforms {
  advance(sequences: number): void;
  at(index: number): number;
}

function persistentUniforms(occupancy: Occupancy, count: number, persistence: number, random: Random): Uniforms {
  const normal = randomNormal.source(random)();
  const state = Float64Array.from({ length: count }, normal);
  const correlations = new Map<number, number>();
  return {
    advance(sequences) {
      let correlation = correlations.get(sequences);
      if (correlation === undefined) {
        correlation = occupancy.correlation(sequences, persistence);
        correlations.set(sequences, correlation);
      }
      const innovation = Math.sqrt(1 - correlation * correlation);
      for (let i = 0; i < count; i++) state[i] = correlation * state[i]! + innovation * normal();
    },
    // The top of the normal's range rounds to 1, which is no uniform number.
    at: (index) => Math.min(normalCdf(state[index]!), 1 - 2 ** -53),
  };
}
