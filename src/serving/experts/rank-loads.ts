import type { Placement } from "../../bounds/moe/placement.ts";
import type { Random } from "../../core/random.ts";

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
  const loads = {
    reads: new Float64Array(ranks),
    assignments: new Float64Array(ranks),
    busiestReads: 0,
    busiestAssignments: 0,
    touched: 0,
  };
  const { reads, assignments } = loads;

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
    loads.touched = 0;
    for (let expert = 0; expert < counts.length; expert++) {
      const tokens = counts[expert]!;
      if (tokens === 0) continue;
      loads.touched++;
      const rank = only[expert]!;
      if (rank < 0) {
        deal(holders[expert]!, tokens);
      } else {
        reads[rank]!++;
        assignments[rank]! += tokens;
      }
    }
    loads.busiestReads = 0;
    loads.busiestAssignments = 0;
    for (let rank = 0; rank < ranks; rank++) {
      if (reads[rank]! > loads.busiestReads) loads.busiestReads = reads[rank]!;
      if (assignments[rank]! > loads.busiestAssignments) loads.busiestAssignments = assignments[rank]!;
    }
    return loads;
  };
}
