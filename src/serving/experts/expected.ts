import { publishedShare, type Routing } from "../../bounds/moe/occupancy.ts";
import { type ExpertSampler, emptyLoads } from "./expert-sampler.ts";

/**
 * The published mean in every layer of every step: `E·(1 - (1 - 1/floor(E/k))^T)` distinct experts and `T·k` assignments, shared
 * equally by the expert-parallel ranks (one rank where experts are tensor-parallel).
 */
export function expectedExperts(routing: Routing, layers: number, ranks = 1): ExpertSampler {
  const loads = emptyLoads(layers, ranks > 1);
  let lastTokens = -1;
  return {
    level: "expected",
    sample(tokens) {
      if (tokens === lastTokens) return loads;
      lastTokens = tokens;
      const touched = routing.experts * publishedShare(routing, tokens);
      const distinct = touched / ranks;
      const assignments = (tokens * routing.active) / ranks;
      loads.touched.fill(touched);
      loads.distinct.fill(distinct);
      loads.assignments.fill(assignments);
      loads.touchedTotal = layers * touched;
      loads.distinctTotal = layers * distinct;
      loads.assignmentsTotal = layers * assignments;
      return loads;
    },
  };
}
