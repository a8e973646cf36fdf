/** Level that each of `comparisons` intervals needs for all of them together to hold with `familyLevel` (Bonferroni). */
export function bonferroniLevel(familyLevel: number, comparisons: number): number {
  return 1 - (1 - familyLevel) / comparisons;
}

/**
 * Which hypotheses to reject so that a false rejection anywhere has at most `1 - familyLevel` probability (Holm,
 * Scandinavian Journal of Statistics 6, 1979): the smallest p-value is held to `α/m`, the next to `α/(m-1)`, and so on
 * until one passes.
 */
export function holmRejections(pValues: readonly number[], familyLevel: number): boolean[] {
  const order = pValues.map((_, i) => i).sort((a, b) => pValues[a]! - pValues[b]!);
  const kept = order.findIndex((i, rank) => pValues[i]! > (1 - familyLevel) / (pValues.length - rank));
  const rejected = new Set(kept === -1 ? order : order.slice(0, kept));
  return pValues.map((_, i) => rejected.has(i));
}
