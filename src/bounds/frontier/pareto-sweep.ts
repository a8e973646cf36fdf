/**
 * A way of serving at sizes 1, 2, … `largest`, of which a larger one is never faster and never dearer:
 * `seconds` never falls and `cost` never rises with the size.
 */
export interface MonotoneChoice {
  readonly largest: number;
  seconds(size: number): number;
  cost(size: number): number;
}

/** One point of a Pareto set: a choice, by its index, at a size. */
export interface ChosenSize {
  readonly choice: number;
  readonly size: number;
}

/** Two costs that differ by less than this share differ by rounding alone. */
const rounding = 1e-12;

/** The first size from `from` on, with doubling steps and then halving, that costs less than a limit; `largest + 1` if none. */
function firstCheaper(choice: MonotoneChoice, from: number, limit: number): number {
  const { largest } = choice;
  let dear = from - 1;
  let step = 1;
  while (dear + step < largest && choice.cost(dear + step) >= limit) {
    dear += step;
    step *= 2;
  }
  let cheap = Math.min(dear + step, largest);
  if (cheap < from || choice.cost(cheap) >= limit) return largest + 1;
  while (cheap - dear > 1) {
    const middle = Math.trunc((dear + cheap) / 2);
    if (choice.cost(middle) < limit) cheap = middle;
    else dear = middle;
  }
  return cheap;
}

/**
 * The Pareto set of all sizes of all choices, fastest first, none costing more than `maxCost`.
 *
 * Sweeps by seconds: each choice waits at its first size that is cheaper than all that was found, so that whatever lies
 * between is leapt over; the work grows with the set and not with the sizes there are.
 */
export function paretoSweep(choices: readonly MonotoneChoice[], maxCost = Number.POSITIVE_INFINITY): ChosenSize[] {
  const set: ChosenSize[] = [];
  let limit = maxCost === Number.POSITIVE_INFINITY ? maxCost : maxCost * (1 + rounding);
  const waiting = choices.map((choice, index) => {
    const size = firstCheaper(choice, 1, limit);
    return { choice, index, size, seconds: size > choice.largest ? Number.POSITIVE_INFINITY : choice.seconds(size) };
  });
  for (;;) {
    let next = waiting[0];
    for (const other of waiting) if (other.seconds < next!.seconds) next = other;
    if (next === undefined || next.seconds === Number.POSITIVE_INFINITY) return set;
    const { choice, seconds } = next;
    const cost = choice.cost(next.size);
    if (cost < limit) {
      // Of points that take equally long only the cheapest stays.
      const last = set.at(-1);
      if (last !== undefined && choices[last.choice]!.seconds(last.size) === seconds) set.pop();
      set.push({ choice: next.index, size: next.size });
      limit = cost * (1 - rounding);
    }
    next.size = firstCheaper(choice, next.size, limit);
    next.seconds = next.size > choice.largest ? Number.POSITIVE_INFINITY : choice.seconds(next.size);
  }
}
