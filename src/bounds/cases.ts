import { UserError } from "../core/errors.ts";
import type { Accelerator } from "./accelerator.ts";
import { findAccelerator } from "./accelerators.ts";
import type { Architecture } from "./architecture.ts";
import { findArchitecture } from "./architectures.ts";
import { bestLayout } from "./best-layout.ts";
import { checkSpeculation, speculativeLatency } from "./speculative.ts";
import { tokenLatencySeconds } from "./token-latency.ts";
import { toySeconds } from "./toy.ts";

type Fields = Readonly<Record<string, unknown>>;

/** What the question of every case starts with, in the order that the functions below take it. */
type Deployment = readonly [Architecture, Accelerator, accelerators: number, batch: number, contextTokens: number];

/** The functions that a case may name: seconds for each token, Infinity where it is infeasible. */
const functions: Readonly<Record<string, (deployment: Deployment, row: Fields, where: string) => number>> = {
  // The toy model knows no drafts: it takes every sequence to gain one token.
  toy: (deployment) => toySeconds(...deployment),
  paper: (deployment, row, where) => tokenLatencySeconds(...deployment, positive(row, "tokens_per_sequence", where, 1)),
  final: (deployment, row, where) => bestLayout(...deployment, positive(row, "tokens_per_sequence", where, 1)).seconds,
  speculative: ([architecture, ...deployment], row, where) => {
    const speculation = {
      draft: findArchitecture(text(row, "draft_model", where), `${where}.draft_model`),
      acceptance: notNegative(row, "acceptance_probability", where),
      maxDraftTokens: notNegative(row, "max_draft_tokens", where),
    };
    checkSpeculation(speculation, where);
    return speculativeLatency(architecture, speculation, ...deployment).seconds;
  },
};

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
 * Seconds that the closed form gives for a case with the fields `function` (toy, paper, final or speculative), `model`,
 * `accelerator`, `accelerators`, `batch`, `context_tokens`, and `tokens_per_sequence` (1 if absent) or `draft_model`,
 * `acceptance_probability` and `max_draft_tokens`, which alone name the function speculative; null where it is infeasible.
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
  const name = row.function === undefined && "draft_model" in row ? "speculative" : text(row, "function", where);
  const evaluate = Object.hasOwn(functions, name) ? functions[name] : undefined;
  if (evaluate === undefined) {
    throw new UserError(`${where}.function`, `unknown function "${name}"`, Object.keys(functions).join(", "));
  }
  const deployment: Deployment = [
    findArchitecture(text(row, "model", where), `${where}.model`),
    findAccelerator(text(row, "accelerator", where), `${where}.accelerator`),
    positive(row, "accelerators", where),
    positive(row, "batch", where),
    notNegative(row, "context_tokens", where),
  ];
  const seconds = evaluate(deployment, row, where);
  if (Number.isNaN(seconds)) throw new UserError(where, "its numbers are too large to compute with", "smaller ones");
  return Number.isFinite(seconds) ? seconds : null;
}
