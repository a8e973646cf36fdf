import { randomGamma } from "d3-random";
import { z } from "zod";
import { part } from "../../core/catalogue.ts";
import { quantity } from "../../core/quantity.ts";
import { renewal } from "./open-loop.ts";

/** Gaps of shape `1/cv²` and scale `cv²/rate`: mean `1/rate`, standard deviation `cv/rate`. */
export const gamma = part({
  summary: "gamma gaps by rate and coefficient of variation: regular below 1, Poisson at 1, bursty above",
  options: z.strictObject({
    rate: quantity("perSecond", { positive: true }),
    cv: z.number().min(0.01).max(100).describe("standard deviation of a gap over its mean"),
  }),
  build: ({ rate, cv }) => renewal(rate, (random) => randomGamma.source(random)(cv ** -2, cv ** 2 / rate)),
});
