/** Exact laws by going through every case; for a handful of experts. Sets are bit masks. */

/** Chance of each set of `active` experts under successive sampling. */
export function setChances(picks: ArrayLike<number>, active: number): Map<number, number> {
  let sets = new Map<number, number>([[0, 1]]);
  for (let pick = 0; pick < active; pick++) {
    const longer = new Map<number, number>();
    for (const [set, chance] of sets) {
      let left = 0;
      for (let i = 0; i < picks.length; i++) if (!(set & (1 << i))) left += picks[i]!;
      for (let i = 0; i < picks.length; i++) {
        if (set & (1 << i)) continue;
        const next = set | (1 << i);
        longer.set(next, (longer.get(next) ?? 0) + (chance * picks[i]!) / left);
      }
    }
    sets = longer;
  }
  return sets;
}

/** Visits every sequence of sets that `tokens` tokens may draw, with its chance. */
export function forEachDraw(
  sets: ReadonlyMap<number, number>,
  tokens: number,
  visit: (draw: readonly number[], chance: number) => void,
): void {
  const draw: number[] = [];
  const next = (chance: number) => {
    if (draw.length === tokens) {
      visit(draw, chance);
      return;
    }
    for (const [set, own] of sets) {
      draw.push(set);
      next(chance * own);
      draw.pop();
    }
  };
  next(1);
}

export function setSize(set: number): number {
  let size = 0;
  for (let rest = set; rest > 0; rest &= rest - 1) size++;
  return size;
}

/** Chance of each number of distinct experts, indexed by the number. */
export function distinctChances(sets: ReadonlyMap<number, number>, tokens: number, experts: number): number[] {
  const chances = new Array<number>(experts + 1).fill(0);
  forEachDraw(sets, tokens, (draw, chance) => {
    chances[setSize(draw.reduce((union, set) => union | set, 0))]! += chance;
  });
  return chances;
}
