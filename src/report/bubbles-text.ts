import type { StageReport } from "../experiment/stage-report.ts";
import type { Bubbles } from "../serving/bubbles.ts";
import { columns } from "./columns.ts";
import { nothing, number } from "./format.ts";

const causes: Readonly<Record<keyof Bubbles, string>> = {
  hop: "hops",
  unevenStages: "uneven stages",
  unevenMicrobatches: "uneven microbatches",
  tooFewMicrobatches: "too few microbatches",
  fill: "fill",
  drain: "drain",
};

/** Why the stages of a pipeline stood idle. */
export function bubblesText(stages: readonly StageReport[]): string {
  const names = Object.keys(causes) as (keyof Bubbles)[];
  const percent = (share: number | null) => (share === null ? nothing : number(100 * share));
  const rows = stages.flatMap(({ bubbles }, stage) => {
    if (bubbles === undefined) return [];
    const all = names.reduce((sum, name) => sum + (bubbles[name] ?? Number.NaN), 0);
    return [[`  stage ${stage + 1}`, ...names.map((name) => percent(bubbles[name])), percent(all)]];
  });
  return columns([["Bubbles, % of the time", ...names.map((name) => causes[name]), "in all"], ...rows]);
}
