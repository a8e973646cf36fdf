import { describe, expect, test } from "vitest";
import { accelerators, findAccelerator } from "../../src/bounds/accelerators.ts";
import { architectures, findArchitecture } from "../../src/bounds/architectures.ts";
import { checkAccelerator, checkArchitecture, checkQuestion } from "../../src/bounds/check.ts";
import { UserError } from "../../src/core/errors.ts";

const llama = findArchitecture("llama-3-70b");
const h100 = findAccelerator("h100");

describe("figures that cannot be computed with", () => {
  test("are none of the catalogue's", () => {
    for (const architecture of Object.values(architectures)) checkArchitecture(architecture);
    for (const accelerator of Object.values(accelerators)) checkAccelerator(accelerator);
  });

  test.each([
    [{ dModel: 0 }, /model\.dModel: 0.*above 0/],
    [{ dFf: -1 }, /model\.dFf: -1/],
    [{ layers: 80.5 }, /model\.layers: 80\.5.*whole/],
    [{ headDim: Number.NaN }, /model\.headDim: NaN/],
    [{ weightBytes: Number.POSITIVE_INFINITY }, /model\.weightBytes: Infinity/],
    [{ groupSize: 7 }, /model\.groupSize: 7 does not divide.*64 query heads/],
    [{ groupSize: 128 }, /model\.groupSize: 128 does not divide/],
    [{ experts: 2, activeExperts: 3 }, /model\.activeExperts: 3 exceed.*at most 2/],
    [{ vocabulary: -5 }, /model\.vocabulary: -5/],
    [{ dModel: 1e200, dFf: 1e200 }, /model: its sizes are too large/],
  ])("of a model are named (%#)", (change, message) => {
    expect(() => checkArchitecture({ ...llama, ...change })).toThrow(UserError);
    expect(() => checkArchitecture({ ...llama, ...change })).toThrow(message);
  });

  test.each([
    [{ hbmBytes: 0 }, /accelerator\.hbmBytes: 0/],
    [{ nodeSize: 0 }, /accelerator\.nodeSize: 0/],
    [{ intranodeBytesPerSecond: -1 }, /accelerator\.intranodeBytesPerSecond: -1/],
    [{ kernelLaunchSeconds: -1e-6 }, /accelerator\.kernelLaunchSeconds/],
    [{ flopPerSecondByWeightBits: { 16: 0 } }, /accelerator\.flopPerSecondByWeightBits\.16: 0/],
  ])("of an accelerator are named (%#)", (change, message) => {
    expect(() => checkAccelerator({ ...h100, ...change })).toThrow(message);
  });

  test.each([
    [{ contextTokens: -1 }, /context: -1/],
    [{ demandCapTokensPerSecond: 0 }, /demand cap: 0/],
    [{ speculation: { draft: llama, acceptance: 2, maxDraftTokens: 4 } }, /speculation\.acceptance: 2/],
    [{ speculation: { draft: { ...llama, layers: 0 }, acceptance: 0.5, maxDraftTokens: 4 } }, /draft\.layers: 0/],
  ])("of a question are named (%#)", (change, message) => {
    const question = { architecture: llama, accelerator: h100, contextTokens: 0 };
    expect(() => checkQuestion({ ...question, ...change })).toThrow(message);
  });
});
