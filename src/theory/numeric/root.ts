import { InvariantError } from "../../core/errors.ts";

/**
 * The point between `low` and `high` at which an increasing function passes zero, by bisection down to neighbouring
 * numbers; jumps are allowed, and the upper side of one is given.
 *
 * @throws InvariantError when the function is still negative at `high`.
 */
export function rootOfIncreasing(value: (x: number) => number, low: number, high: number): number {
  if (value(low) >= 0) return low;
  if (!(value(high) >= 0)) throw new InvariantError(`no root between ${low} and ${high}`);
  let below = low;
  let above = high;
  for (;;) {
    const middle = below + (above - below) / 2;
    if (middle <= below || middle >= above || above - below <= 1e-15 * Math.abs(above)) return above;
    if (value(middle) >= 0) above = middle;
    else below = middle;
  }
}

/**
 * The smallest `x ≥ 0` at which a distribution function reaches `probability`.
 *
 * @param cdf distribution function of a quantity that is never negative
 * @param scale a positive first guess at the size of `x`
 */
export function quantileOf(cdf: (x: number) => number, probability: number, scale: number): number {
  let high = scale;
  while (cdf(high) < probability) {
    high *= 2;
    if (high > 1e300) throw new InvariantError(`a distribution never reaches ${probability}`);
  }
  return rootOfIncreasing((x) => cdf(x) - probability, 0, high);
}
