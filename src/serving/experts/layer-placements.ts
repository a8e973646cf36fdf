import { shuffle } from "simple-statistics";
import { balancedPlacement, contiguousPlacement, type Placement } from "../../bounds/moe/placement.ts";
import type { Random } from "../../core/random.ts";

export const placementKinds = ["contiguous", "random", "balanced"] as const;
export type PlacementKind = (typeof placementKinds)[number];

export interface LayerPlacementsOptions {
  readonly kind: PlacementKind;
  readonly ranks: number;
  readonly layers: number;
  /** Chance that a token includes each expert, in order of popularity. */
  readonly inclusion: Float64Array;
  /** Whether each layer has its own hot experts; otherwise expert 0 is the hottest of every layer. */
  readonly permuted: boolean;
  /** Expert slots beyond one for each expert, for replicas of hot ones; only `balanced` uses them. */
  readonly spareSlots?: number;
  readonly random: Random;
}

/**
 * A placement for each layer, in order of popularity. A contiguous placement of layers with their own hot experts puts them
 * anywhere, as a random one does; a balanced one knows the loads and so is the same for all layers.
 */
export function layerPlacements(options: LayerPlacementsOptions): Placement[] {
  const { kind, ranks, layers, inclusion, permuted, spareSlots = 0, random } = options;
  if (kind === "balanced") return new Array<Placement>(layers).fill(balancedPlacement(inclusion, ranks, spareSlots));
  if (kind === "contiguous" && !permuted) {
    return new Array<Placement>(layers).fill(contiguousPlacement(inclusion.length, ranks));
  }
  const experts = Array.from(inclusion.keys());
  return Array.from({ length: layers }, () => contiguousPlacement(experts.length, ranks, shuffle(experts, random)));
}
