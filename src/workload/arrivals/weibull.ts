import { randomWeibull } from "d3-random";
import { gammaln } from "simple-statistics";
import { z } from "zod";
import { part } from "../../core/catalogue.ts";
import { quantity } from "../../core/quantity.ts";
import { renewal } from "./open-loop.ts";

/** Gaps of shape k with `1 + cv² = Γ(1+2/k)/Γ(1+1/k)²` and scale `1/(rate·Γ(1+1/k))`. */
export const weibull = part({
  summary: "Weibull gaps by rate and coefficient of variation: a longer tail than gamma's above 1",
  options: z.strictObject({
    rate: quantity("perSecond", { positive: true }),
    cv: z.number().min(0.01).max(100).describe("standard deviation of a gap over its mean"),
  }),
  build({ rate, cv }) {
    const shape = weibullShape(cv);
    const scale = Math.exp(-gammaln(1 + 1 / shape)) / rate;
    return renewal(rate, (random) => randomWeibull.source(random)(shape, 0, scale));
  },
});

/** The shape whose coefficient of variation is this, found by halving: it falls as the shape grows. */
export function weibullShape(cv: number): number {
  let low = 0.05;
  let high = 200;
  for (let middle = (low + high) / 2; middle > low && middle < high; middle = (low + high) / 2) {
    if (gammaln(1 + 2 / middle) - 2 * gammaln(1 + 1 / middle) > Math.log1p(cv * cv)) low = middle;
    else high = middle;
  }
  return high;
}
