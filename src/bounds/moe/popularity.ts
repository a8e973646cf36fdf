import { UserError } from "../../core/errors.ts";

/** How likely a router is to want each expert: equal, Zipf's law `1/rank^exponent`, or given weights (hottest first or not). */
export type Popularity =
  | { readonly kind: "uniform" }
  | { readonly kind: "zipf"; readonly exponent: number }
  | { readonly kind: "weights"; readonly weights: readonly number[] };

/** The chance that a token's first pick is each expert; sums to 1. Throws a `UserError` when fewer than `active` can be picked. */
export function pickProbabilities(popularity: Popularity, experts: number, active: number): Float64Array {
  const weights = Float64Array.from({ length: experts }, (_, i) => weight(popularity, i));
  if (popularity.kind === "weights" && popularity.weights.length !== experts) {
    throw new UserError(
      "moe.popularity.weights",
      `${popularity.weights.length} weights given`,
      `${experts}, one for each expert`,
    );
  }
  if (!weights.every((w) => Number.isFinite(w) && w >= 0)) {
    throw new UserError("moe.popularity", "a weight is negative or not a number", "finite weights, ≥ 0");
  }
  const pickable = weights.filter((w) => w > 0).length;
  if (pickable < active) {
    throw new UserError("moe.popularity", `only ${pickable} experts have a positive weight`, `at least ${active}`);
  }
  const total = weights.reduce((sum, w) => sum + w, 0);
  return weights.map((w) => w / total);
}

export function isUniform(picks: Float64Array): boolean {
  return picks.every((p) => p === picks[0]);
}

function weight(popularity: Popularity, index: number): number {
  switch (popularity.kind) {
    case "uniform":
      return 1;
    case "zipf":
      return (index + 1) ** -popularity.exponent;
    case "weights":
      return popularity.weights[index] ?? Number.NaN;
  }
}
