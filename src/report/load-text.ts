import type { SteadyState } from "../bounds/operating-point.ts";
import type { LoadReport } from "../experiment/load-report.ts";
import { columns } from "./columns.ts";
import { count, nothing, number, seconds } from "./format.ts";

const figures: readonly (readonly [string, (state: SteadyState) => string])[] = [
  ["Requests", (state) => `${number(state.requestsPerSecond)} /s`],
  ["Batch", (state) => `${number(state.batch)} sequences`],
  ["Output", (state) => `${number(state.outputTokensPerSecond, 4)} tokens/s`],
  ["A token", (state) => seconds(state.secondsPerToken)],
  ["Speed of a request", (state) => `${number(1 / state.secondsPerToken)} tokens/s`],
  ["Cost", (state) => `${number(state.dollarsPerMillionOutputTokens)} $/M output tokens`],
  ["MFU", (state) => `${number(100 * state.mfu)} %`],
  ["Bound by", (state) => state.binding],
];

const shareOf = ({ replicas }: LoadReport) =>
  replicas === 1 ? "" : `, one of ${count(replicas)} replicas with its even share`;

/** The operating point of a scenario beside its capacity, in plain text. */
export function loadText(report: LoadReport): string {
  const { steady, capacity, utilisation } = report;
  const verdict = report.overload
    ? `Overload: ${number(utilisation)} times what can be served for long; no batch makes as many tokens as are asked for.`
    : `The load is ${number(100 * utilisation)} % of capacity.`;
  return `${[
    `${report.scenario}: ${report.model} on ${count(report.accelerators)} × ${report.accelerator}${shareOf(report)}`,
    `${number(report.requestsPerSecond)} requests/s of ${number(report.meanPromptTokens, 4)} prompt and ` +
      `${number(report.meanOutputTokens, 4)} output tokens on average; mean context of a token ` +
      `${number(report.contextTokens, 4)}, at most ${number(report.largestBatch, 4)} sequences at once`,
    "",
    columns([
      ["", "under this load", "at capacity"],
      ...figures.map(([name, figure]) => [name, steady === null ? nothing : figure(steady), figure(capacity)]),
    ]),
    "",
    verdict,
    "Steady batches of the mean: no queue, no ebb and flow. What those cost, a run shows.",
  ].join("\n")}\n`;
}
