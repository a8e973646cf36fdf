import { UserError } from "../../core/errors.ts";

/** Which ranks of an expert-parallel group hold each expert; more than one where a hot expert is replicated. */
export interface Placement {
  readonly ranks: number;
  /** Ranks of each expert, in expert order. */
  readonly holders: readonly (readonly number[])[];
}

/** Experts in the given order (0, 1, … when absent), cut into equal runs; a shuffled order makes a random placement. */
export function contiguousPlacement(experts: number, ranks: number, order?: readonly number[]): Placement {
  checkRanks(experts, ranks);
  const holders: number[][] = Array.from({ length: experts }, () => []);
  for (let slot = 0; slot < experts; slot++) holders[order?.[slot] ?? slot]!.push(Math.floor((slot * ranks) / experts));
  return { ranks, holders };
}

/**
 * Balances expected load: the hottest expert (by load for each replica) is replicated until `spareSlots` are used, then replicas
 * go, heaviest first, to the least loaded rank with a free slot that has none of that expert (longest processing time first).
 * Where only ranks that hold it have a free slot, the replica is given up.
 */
export function balancedPlacement(loads: Float64Array, ranks: number, spareSlots = 0): Placement {
  const experts = loads.length;
  checkRanks(experts, ranks);
  const replicas = replicaCounts(loads, ranks, spareSlots);
  const slots = Math.ceil((experts + spareSlots) / ranks);
  const holders: number[][] = Array.from({ length: experts }, () => []);
  const rankLoad = new Float64Array(ranks);
  const used = new Int32Array(ranks);
  const perReplica = (expert: number) => loads[expert]! / replicas[expert]!;
  const order = Array.from(loads.keys()).sort((a, b) => perReplica(b) - perReplica(a));
  for (const expert of order) {
    for (let copy = 0; copy < replicas[expert]!; copy++) {
      let best = -1;
      for (let rank = 0; rank < ranks; rank++) {
        const open = used[rank]! < slots && !holders[expert]!.includes(rank);
        if (open && (best < 0 || rankLoad[rank]! < rankLoad[best]!)) best = rank;
      }
      if (best < 0) break;
      holders[expert]!.push(best);
      rankLoad[best]! += perReplica(expert);
      used[best]!++;
    }
  }
  return { ranks, holders };
}

/** Expected share of each rank in all token-expert assignments; sums to 1. */
export function rankShares({ ranks, holders }: Placement, loads: Float64Array): Float64Array {
  const shares = new Float64Array(ranks);
  const total = loads.reduce((sum, load) => sum + load, 0);
  for (const [expert, held] of holders.entries()) {
    for (const rank of held) shares[rank]! += loads[expert]! / held.length / total;
  }
  return shares;
}

function replicaCounts(loads: Float64Array, ranks: number, spareSlots: number): Int32Array {
  const replicas = new Int32Array(loads.length).fill(1);
  for (let spare = 0; spare < spareSlots; spare++) {
    let hottest = -1;
    for (let i = 0; i < loads.length; i++) {
      if (replicas[i]! >= ranks) continue;
      if (hottest < 0 || loads[i]! / replicas[i]! > loads[hottest]! / replicas[hottest]!) hottest = i;
    }
    if (hottest >= 0) replicas[hottest]!++;
  }
  return replicas;
}

function checkRanks(experts: number, ranks: number): void {
  if (!Number.isInteger(ranks) || ranks < 1 || ranks > experts) {
    throw new UserError("moe.expertRanks", `${experts} experts cannot lie on ${ranks} ranks`, `whole, 1 to ${experts}`);
  }
}
