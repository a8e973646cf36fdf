import { UserError } from "../core/errors.ts";
import type { Accelerator } from "./accelerator.ts";
import { findAccelerator } from "./accelerators.ts";
import type { Architecture } from "./architecture.ts";
import { findArchitecture } from "./architectures.ts";
import { bestLayout } from "./best-layout.ts";
import { tokenLatencySeconds } from "./token-latency.ts";
import { toySeconds } from "./toy.ts";

/** One question to the closed form, as a row of a case file puts it. */
interface LatencyCase {
  readonly architecture: Architecture;
  readonly accelerator: Accelerator;
  readonly accelerators: number;
  readonly batch: number;
  readonly contextTokens: number;
  readonly tokensPerSequence: number;
}

/** The functions that a case may name: seconds of one forward pass, Infinity where it is infeasible. */
const functions: Readonly<Record<string, (question: LatencyCase) => number>> = {
  // The toy model knows no drafts: it takes every sequence to gain one token.
  toy: (q) => toySeconds(q.architecture, q.accelerator, q.accelerators, q.batch, q.contextTokens),
  paper: (q) =>
    tokenLatencySeconds(q.architecture, q.accelerator, q.accelerators, q.batch, q.contextTokens, q.tokensPerSequence),
  final: (q) =>
    bestLayout(q.architecture, q.accelerator, q.accelerators, q.batch, q.contextTokens, q.tokensPerSequence).seconds,
};

type Fields = Readonly<Record<string, unknown>>;

function text(fields: Fields, name: string, where: string): string {
  const value = fields[name];
  if (typeof value !== "string") throw new UserError(`${where}.${name}`, `${JSON.stringify(value)} is not a name`);
  return value;
}

function positive(fields: Fields, name: string, where: string, fallback?: number): number {
  const value = fields[name] ?? fallback;
  if (typeof value === "number" && Number.isFinite(value) && value > 0) return value;
  throw new UserError(`${where}.${name}`, `${JSON.stringify(value)} cannot be used`, "a number above 0");
}

function notNegative(fields: Fields, name: string, where: string): number {
  const value = fields[name];
  if (typeof value === "number" && Number.isFinite(value) && value >= 0) return value;
  throw new UserError(`${where}.${name}`, `${JSON.stringify(value)} cannot be used`, "a number of 0 or more");
}

/**
 * Seconds that the closed form gives for a case with the fields `function` (toy, paper or final), `model`, `accelerator`,
 * `accelerators`, `batch`, `context_tokens` and `tokens_per_sequence` (1 if absent); null where it is infeasible.
 * A field that cannot be used is a `UserError` naming it.
 */
export function evaluateCase(fields: unknown, where = "case"): number | null {
  if (typeof fields !== "object" || fields === null || Array.isArray(fields)) {
    throw new UserError(
      where,
      `${JSON.stringify(fields)} is not a case`,
      "an object with function, model, accelerator, …",
    );
  }
  const row = fields as Fields;
  const name = text(row, "function", where);
  const evaluate = Object.hasOwn(functions, name) ? functions[name] : undefined;
  if (evaluate === undefined) {
    throw new UserError(`${where}.function`, `unknown function "${name}"`, Object.keys(functions).join(", "));
  }
  const seconds = evaluate({
    architecture: findArchitecture(text(row, "model", where), `${where}.model`),
    accelerator: findAccelerator(text(row, "accelerator", where), `${where}.accelerator`),
    accelerators: positive(row, "accelerators", where),
    batch: positive(row, "batch", where),
    contextTokens: notNegative(row, "context_tokens", where),
    tokensPerSequence: positive(row, "tokens_per_sequence", where, 1),
  });
  return Number.isFinite(seconds) ? seconds : null;
}
