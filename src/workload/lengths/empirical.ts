import { z } from "zod";
import { part } from "../../core/catalogue.ts";
import { weightedValues } from "./weighted-values.ts";

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
  build: ({ values, weights }) => weightedValues(values, weights ?? values.map(() => 1)),
});
