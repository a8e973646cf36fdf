import type { SuiteReport } from "../experiment/suite.ts";
import { columns } from "./columns.ts";
import { count, nothing, number } from "./format.ts";

/** The suite of oracles in plain text: a line for each oracle and load, and one for each figure that differs. */
export function suiteText(report: SuiteReport): string {
  const rows = report.cases.map(({ oracle, load, comparisons, laws }) => {
    const agreeing = comparisons.filter(({ verdict }) => verdict === "agrees").length;
    const broken = laws.filter(({ holds }) => !holds).length;
    const furthest = Math.max(0, ...comparisons.map(({ ratio }) => (ratio === null ? 0 : Math.abs(ratio - 1))));
    return [
      `  ${oracle}`,
      load === null ? nothing : number(load, 2),
      `${agreeing} of ${comparisons.length}`,
      `${number(100 * furthest, 2)} %`,
      broken === 0 ? "hold" : `${broken} BROKEN`,
    ];
  });
  const differing = report.cases.flatMap(({ oracle, load, comparisons }) =>
    comparisons
      .filter(({ verdict }) => verdict !== "agrees")
      .map(({ quantity, statistic, predicted, simulated, verdict }) => {
        const range = `${number(simulated?.low ?? Number.NaN, 4)} to ${number(simulated?.high ?? Number.NaN, 4)}`;
        return `  ${oracle}, load ${load}: ${quantity} ${statistic} ${verdict}: ${number(predicted ?? Number.NaN, 4)}, runs say ${range}`;
      }),
  );
  const level = `${number(100 * report.familyLevel)} %`;
  return `${[
    `Exact oracles: ${report.runs} independent runs of ${count(report.requests)} requests each`,
    columns([["", "load", "agree", "furthest off", "laws"], ...rows]),
    ...(differing.length === 0 ? [] : ["", ...differing]),
    "",
    `${report.tested} figures, judged together by Holm's procedure: a false alarm anywhere has at most ${number(100 * (1 - report.familyLevel))} % probability.`,
    report.passed ? `The suite passes at ${level}.` : `The suite FAILS at ${level}.`,
  ].join("\n")}\n`;
}
