import { type MoeRow, moeColumns } from "../bounds/moe/table.ts";
import type { MoeReport } from "../experiment/moe-report.ts";
import { columns } from "./columns.ts";
import { count, number } from "./format.ts";

const choice: readonly (keyof MoeRow)[] = [
  "batch",
  "distinctMean",
  "distinctVariance",
  "distinctDeviation",
  "publishedDistinct",
  "publishedError",
  "popularityEffect",
  "busiestReads",
  "busiestReadsOverEven",
  "busiestAssignmentsOverEven",
];

const time: readonly (keyof MoeRow)[] = [
  "batch",
  "allToAllSeconds",
  "computeSeconds",
  "memorySeconds",
  "workSeconds",
  "workDeviationSeconds",
  "perLayerOverTotals",
  "excessOnTotals",
  "excessPerLayer",
  "kneeExcessOnTotals",
  "kneeExcessPerLayer",
];

/** Expert choice by batch, as plain text. */
export function moeText(report: MoeReport): string {
  const { model, accelerator, accelerators, tensorParallel, contextTokens, popularity, expertRanks, rows } = report;
  const cut = `${tensorParallel === "2d" ? "2-D" : "1-D"} tensor parallel`;
  const wanted = popularity.kind === "zipf" ? `Zipf ${popularity.exponent}` : "uniform";
  return `${[
    `${model} on ${accelerators} × ${accelerator}, ${cut}, ${count(contextTokens)} cached tokens a sequence, ${wanted} choice of experts`,
    "",
    `Experts of a layer in a decode step; the busiest rank is that of ${expertRanks} which share them in order of popularity`,
    table(rows, choice),
    "",
    "A decode step, tensor-parallel but for the all-to-all, which expert-parallel ranks would add",
    table(rows, time),
    "",
    "Jensen: what chance adds to the mean of max(compute, memory), taken on totals of the pass, as published, or by layer;",
    "knee: what it would add if computing took just as long as the mean of memory.",
  ].join("\n")}\n`;
}

function table(rows: readonly MoeRow[], keys: readonly (keyof MoeRow)[]): string {
  const shown = keys.map((key) => moeColumns.find((column) => column.key === key)!);
  return columns([
    ...[0, 1].map((line) => shown.map(({ heading }) => headingLines(heading)[line]!)),
    shown.map(({ unit }) => unit),
    ...rows.map((row) => shown.map(({ key, scale }) => (key === "batch" ? count(row.batch) : text(scale * row[key])))),
  ]);
}

/** The first word above the others. */
function headingLines(heading: string): readonly [string, string] {
  const [first = "", ...others] = heading.split(" ");
  return others.length === 0 ? ["", first] : [first, others.join(" ")];
}

/** What is left of a difference of equals is nothing. */
const text = (value: number) => number(Math.abs(value) < 1e-10 ? 0 : value);
