import { z } from "zod";
import type { Accelerator } from "../bounds/accelerator.ts";
import { accelerators, findAccelerator } from "../bounds/accelerators.ts";
import type { Architecture } from "../bounds/architecture.ts";
import { architectures, findArchitecture } from "../bounds/architectures.ts";
import { UserError } from "../core/errors.ts";
import { quantity } from "../core/quantity.ts";

const count = z.int().positive();
const positive = (dimension: Parameters<typeof quantity>[0]) => quantity(dimension, { positive: true });

/** A model of the catalogue by name, or its figures; with `extends` those not given are the named model's. */
const inlineModel = z
  .strictObject({
    extends: z.enum(Object.keys(architectures) as [string, ...string[]]),
    name: z.string(),
    dModel: count,
    dFf: count,
    ffMatrices: z.strictObject({ up: count, down: count }),
    layers: count,
    experts: count,
    activeExperts: count,
    queryHeads: count,
    groupSize: count,
    headDim: count,
    weightBytes: z.number().positive(),
    activationBytes: z.number().positive(),
    vocabulary: z.int().nonnegative(),
    parallelAttention: z.boolean(),
    source: z.string(),
  })
  .partial();

const inlineAccelerator = z
  .strictObject({
    extends: z.enum(Object.keys(accelerators) as [string, ...string[]]),
    name: z.string(),
    flopPerSecondByWeightBits: z.record(
      z.string().regex(/^\d+$/, "whole numbers of bits of a weight, such as 16"),
      positive("flopPerSecond"),
    ),
    hbmBytesPerSecond: positive("bytesPerSecond"),
    hbmBytes: positive("bytes"),
    l2BytesPerSecond: positive("bytesPerSecond").nullable(),
    l2Bytes: quantity("bytes"),
    intranodeBytesPerSecond: positive("bytesPerSecond").nullable(),
    internodeBytesPerSecond: positive("bytesPerSecond"),
    nodeSize: count,
    dollarsPerHour: quantity("dollarsPerHour"),
    kernelLaunchSeconds: quantity("seconds"),
    collectives: z.enum(["nccl", "torus"]),
    source: z.string(),
  })
  .partial();

const named = (what: string) => z.string().describe(`a ${what} of the catalogue (batchyard catalog)`);

export const modelSchema = z.union([named("model"), inlineModel]);
export const acceleratorSchema = z.union([named("accelerator"), inlineAccelerator]);

/** The architecture that a scenario asks for. Throws `UserError` for an unknown name or a figure that is missing or impossible. */
export function architectureOf(model: z.infer<typeof modelSchema>): Architecture {
  if (typeof model === "string") return findArchitecture(model);
  const merged = completed(model, model.extends && findArchitecture(model.extends), modelFigures, "model");
  const { queryHeads, groupSize, experts, activeExperts } = merged;
  if (queryHeads % groupSize !== 0) {
    throw new UserError("model.groupSize", `${groupSize} does not divide ${queryHeads} query heads`, "a divisor");
  }
  if (activeExperts > experts) {
    throw new UserError("model.activeExperts", `${activeExperts} of ${experts} experts`, `at most ${experts}`);
  }
  return merged;
}

/** The accelerator that a scenario asks for. Throws `UserError` for an unknown name or a figure that is missing. */
export function acceleratorOf(accelerator: z.infer<typeof acceleratorSchema>): Accelerator {
  if (typeof accelerator === "string") return findAccelerator(accelerator);
  const base = accelerator.extends && findAccelerator(accelerator.extends);
  return completed<Accelerator>(accelerator, base, acceleratorFigures, "accelerator");
}

const optional = new Set(["extends", "source", "name"]);
const modelFigures = Object.keys(inlineModel.shape).filter((figure) => !optional.has(figure));
const acceleratorFigures = Object.keys(inlineAccelerator.shape).filter((figure) => !optional.has(figure));

function completed<T extends { name: string; source: string }>(
  given: Record<string, unknown>,
  base: T | "" | undefined,
  figures: readonly string[],
  where: string,
): T {
  const { extends: _, ...own } = given;
  const merged = { name: "inline", source: "the scenario", ...base, ...own } as unknown as T;
  const missing = figures.filter((figure) => (merged as Record<string, unknown>)[figure] === undefined);
  if (missing.length > 0) {
    throw new UserError(where, `lacks ${missing.join(", ")}`, "all figures, or `extends: NAME` to take the rest from");
  }
  return merged;
}
