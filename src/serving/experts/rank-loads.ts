import { groupByGroup } from "../../bounds/moe/conditional-poisson.ts";
import type { Placement } from "../../bounds/moe/placement.ts";
import type { Random } from "../../core/random.ts";
import { byGroup } from "./layer-draws.ts";

/** What the ranks of one layer serve. Overwritten by the next layer's. */
export interface RankLoads {
  readonly reads: Float64Array;
  readonly assignments: Float64Array;
  readonly busiestReads: number;
  readonly busiestAssignments: number;
  /** Distinct experts over all ranks, replicas counted once. */
  readonly touched: number;
}

/**
 * Shares out each expert's tokens among the ranks that hold it: all to the one, or dealt in turn among replicas from a random one
 * on, so that few tokens touch few replicas.
 */
export function rankLoads({ ranks, holders }: Placement, random: Random): (counts: Int32Array) => RankLoads {
  const only = Int32Array.from(holders, (held) => (held.length === 1 ? held[0]! : -1));
  const reads = new Float64Array(ranks);
  const assignments = new Float64Array(ranks);

  function deal(held: readonly number[], tokens: number): void {
    const from = Math.floor(random() * held.length);
    for (let turn = 0; turn < Math.min(tokens, held.length); turn++) {
      const rank = held[(from + turn) % held.length]!;
      reads[rank]!++;
      assignments[rank]! += Math.ceil((tokens - turn) / held.length);
    }
  }

  return (counts) => {
    reads.fill(0);
    assignments.fill(0);
    let touched = 0;
    for (let expert = 0; expert < counts.length; expert++) {
      const tokens = counts[expert]!;
      // Without a branch: whether an expert is touched is a toss-up that no processor predicts.
      const isTouched = Math.min(tokens, 1);
      touched += isTouched;
      const rank = only[expert]!;
      if (rank >= 0) {
        reads[rank]! += isTouched;
        assignments[rank]! += tokens;
      } else if (tokens > 0) deal(holders[expert]!, tokens);
    }
    return { reads, assignments, busiestReads: most(reads), busiestAssignments: most(assignments), touched };
  };
}

/**
 * The same without a look at single experts, where each lies on one rank and all that can be picked are touched, but for a chance
 * below 1e-12: how many tokens each rank serves is all that is left. Costs the same for any number of tokens.
 */
export function saturatedRankLoads(
  { ranks, holders }: Placement,
  chances: Float64Array,
  active: number,
  random: Random,
): (tokens: number) => RankLoads {
  const held: number[][] = Array.from({ length: ranks }, () => []);
  for (const [expert, [rank]] of holders.entries()) held[rank!]!.push(expert);
  const reads = Float64Array.from(held, (experts) => experts.filter((expert) => chances[expert]! > 0).length);
  const draws = byGroup(groupByGroup(chances, active, held), random);
  const counts = new Int32Array(ranks);
  const assignments = new Float64Array(ranks);
  const busiestReads = most(reads);
  const touched = reads.reduce((sum, own) => sum + own, 0);
  return (tokens) => {
    counts.fill(0);
    draws(tokens, counts);
    assignments.set(counts);
    return { reads, assignments, busiestReads, busiestAssignments: most(assignments), touched };
  };
}

function most(loads: Float64Array): number {
  let greatest = 0;
  for (let rank = 0; rank < loads.length; rank++) greatest = Math.max(greatest, loads[rank]!);
  return greatest;
}
