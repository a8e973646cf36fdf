import { z } from "zod";
import { part } from "../../core/catalogue.ts";
import type { LengthDistribution } from "./length-distribution.ts";

export const empirical = part({
  summary: "one of the given values, each as often as its weight says",
  options: z
    .strictObject({
      values: z.array(z.int().positive()).min(1),
      weights: z.array(z.number().min(0)).optional().describe("one for each value; equal without"),
    })
    .refine(({ values, weights }) => weights === undefined || weights.length === values.length, {
      path: ["weights"],
      error: "are not one for each value",
    })
    .refine(({ weights }) => weights === undefined || weights.some((weight) => weight > 0), {
      path: ["weights"],
      error: "have none above 0",
    }),
  build: ({ values, weights }): LengthDistribution => {
    const cumulative = cumulate(weights ?? values.map(() => 1));
    const total = cumulative.at(-1)!;
    return {
      sampler: (random) => () => values[firstAbove(cumulative, random() * total)]!,
    };
  },
});

function cumulate(weights: readonly number[]): number[] {
  let sum = 0;
  return weights.map((weight) => {
    sum += weight;
    return sum;
  });
}

/** The first place in an ascending list whose entry exceeds a threshold. */
function firstAbove(ascending: readonly number[], threshold: number): number {
  let low = 0;
  let high = ascending.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ascending[middle]! > threshold) high = middle;
    else low = middle + 1;
  }
  return low;
}
