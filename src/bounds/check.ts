import { UserError } from "../core/errors.ts";
import type { Accelerator } from "./accelerator.ts";
import { type Architecture, kvBytesPerToken, totalParameters, weightsBytes } from "./architecture.ts";
import type { FrontierQuestion } from "./frontier/question.ts";
import { checkSpeculation } from "./speculative.ts";

type Condition = readonly [allowed: string, holds: (value: number) => boolean];

const positive: Condition = ["a number above 0", (value) => value > 0 && Number.isFinite(value)];
const notNegative: Condition = ["a number of 0 or more", (value) => value >= 0 && Number.isFinite(value)];
const count: Condition = ["a whole number above 0", (value) => value > 0 && Number.isInteger(value)];

function check(where: string, value: number, [allowed, holds]: Condition): void {
  if (!holds(value)) throw new UserError(where, `${value} cannot be used`, allowed);
}

/** A `UserError` naming the figure of an architecture that cannot be computed with: a size, a count, heads that do not divide. */
export function checkArchitecture(architecture: Architecture, where = "model"): void {
  for (const name of ["dModel", "dFf", "headDim", "weightBytes", "activationBytes", "groupSize"] as const) {
    check(`${where}.${name}`, architecture[name], positive);
  }
  for (const name of ["layers", "experts", "activeExperts", "queryHeads"] as const) {
    check(`${where}.${name}`, architecture[name], count);
  }
  check(`${where}.ffMatrices.up`, architecture.ffMatrices.up, count);
  check(`${where}.ffMatrices.down`, architecture.ffMatrices.down, count);
  check(`${where}.vocabulary`, architecture.vocabulary, notNegative);
  const { experts, activeExperts, queryHeads, groupSize } = architecture;
  if (activeExperts > experts) {
    throw new UserError(`${where}.activeExperts`, `${activeExperts} exceed all experts`, `at most ${experts}`);
  }
  const groups = queryHeads / groupSize;
  if (Math.abs(groups - Math.round(groups)) > 1e-9 || groups < 1) {
    const divides = `a divisor of the ${queryHeads} query heads`;
    throw new UserError(`${where}.groupSize`, `${groupSize} does not divide the query heads`, divides);
  }
  const figures = [totalParameters(architecture) ** 2, weightsBytes(architecture), kvBytesPerToken(architecture)];
  if (!figures.every(Number.isFinite)) {
    throw new UserError(where, "its sizes are too large to compute with", "sizes whose products stay below 1e154");
  }
}

/** A `UserError` naming the figure of an accelerator that cannot be computed with. */
export function checkAccelerator(accelerator: Accelerator, where = "accelerator"): void {
  for (const name of ["hbmBytesPerSecond", "hbmBytes", "internodeBytesPerSecond", "dollarsPerHour"] as const) {
    check(`${where}.${name}`, accelerator[name], positive);
  }
  if (accelerator.intranodeBytesPerSecond !== null) {
    check(`${where}.intranodeBytesPerSecond`, accelerator.intranodeBytesPerSecond, positive);
  }
  check(`${where}.nodeSize`, accelerator.nodeSize, count);
  check(`${where}.kernelLaunchSeconds`, accelerator.kernelLaunchSeconds, notNegative);
  for (const [bits, rate] of Object.entries(accelerator.flopPerSecondByWeightBits)) {
    check(`${where}.flopPerSecondByWeightBits.${bits}`, rate ?? Number.NaN, positive);
  }
}

/** A `UserError` naming what of a question about frontiers cannot be computed with. */
export function checkQuestion(question: FrontierQuestion): void {
  checkArchitecture(question.architecture);
  checkAccelerator(question.accelerator);
  check("context", question.contextTokens, notNegative);
  const cap = question.demandCapTokensPerSecond;
  if (cap !== undefined && cap !== Number.POSITIVE_INFINITY) check("demand cap", cap, positive);
  if (question.speculation !== undefined) {
    checkArchitecture(question.speculation.draft, "draft");
    checkSpeculation(question.speculation, "speculation");
  }
}
