import { readFileSync } from "node:fs";

/** The published figures of `test/golden/NAME.json`. */
export function golden<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`../golden/${name}.json`, import.meta.url), "utf8")) as T;
}

/** Relative error of a figure against the published one, where `null` stands for infeasible. */
export function relativeError(ours: number | null, published: number | null): number {
  if (published === null || ours === null)
    return published === (ours === Number.POSITIVE_INFINITY ? null : ours) ? 0 : 1;
  return ours === published ? 0 : Math.abs(ours - published) / Math.abs(published);
}

/** What parity with the published figures means. */
export const parity = 1e-9;
