import { z } from "zod";
import { expertLevels } from "../serving/experts/expert-sampler.ts";
import { placementKinds } from "../serving/experts/layer-placements.ts";

const permuted = z.boolean().default(false).describe("each layer has its own hot experts");

const popularity = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("uniform") }),
  z.strictObject({
    kind: z.literal("zipf"),
    exponent: z.number().nonnegative().describe("the i-th expert is wanted in proportion to i^-exponent"),
    permuted,
  }),
  z.strictObject({ kind: z.literal("weights"), weights: z.array(z.number().nonnegative()), permuted }),
]);

/** How the experts of a mixture are chosen and where they lie. */
export const expertsSchema = z.strictObject({
  level: z
    .enum(expertLevels)
    .default("expected")
    .describe(
      "expected: the mean number of experts, as published; sampled: each layer's distinct experts drawn for each step; " +
        "sampled-per-rank: drawn with the rank that each lies on",
    ),
  maximumOver: z
    .enum(["totals", "per-layer"])
    .default("totals")
    .describe("the larger of compute and memory is taken over the whole pass, as published, or for each layer"),
  parallel: z
    .enum(["tensor", "expert"])
    .default("tensor")
    .describe("tensor: every expert is cut over all ranks of a stage; expert: each lies whole on one of them"),
  popularity: popularity.default({ kind: "uniform" }),
  persistence: z
    .number()
    .min(0)
    .max(1)
    .default(0)
    .describe("chance that a token has the experts of its sequence's token before it"),
  placement: z
    .strictObject({
      kind: z.enum(placementKinds).default("contiguous"),
      spareSlots: z.int().nonnegative().default(0).describe("slots for replicas of hot experts; balanced only"),
    })
    .prefault({})
    .describe("which rank holds which expert, with parallel: expert"),
});

export type ExpertsOptions = z.output<typeof expertsSchema>;
