import type { CheckReport } from "../experiment/check.ts";
import type { Comparison, ShownInterval } from "../experiment/comparison.ts";
import { columns } from "./columns.ts";
import { count, nothing, number, type Scale, timeScale, unitOf } from "./format.ts";

const measuredNames: readonly (readonly [string, string, string])[] = [
  ["meanTtftSeconds", "TTFT, mean", "s"],
  ["p50TtftSeconds", "TTFT, p50", "s"],
  ["p99TtftSeconds", "TTFT, p99", "s"],
  ["meanTpotSeconds", "TPOT, mean", "s"],
  ["p99TpotSeconds", "TPOT, p99", "s"],
  ["meanE2eSeconds", "E2E, mean", "s"],
  ["p99E2eSeconds", "E2E, p99", "s"],
  ["batch", "batch of a replica", "sequences"],
  ["queue", "a queue", "requests"],
  ["busyShare", "busy", "%"],
  ["requestsPerSecond", "requests", "/s"],
  ["outputTokensPerSecond", "output tokens", "/s"],
  ["servedShare", "served", "%"],
];

/** The unit in which a value of a quantity reads best. */
function scaleOf(unit: string, value: number): Scale {
  if (unit === "s") return timeScale(value);
  if (unit === "%" || unit === "1") return { factor: 0.01, unit: "%" };
  return unitOf(unit === "1/s" ? "/s" : unit);
}

/** `12.3 ms, 12.1 to 12.5`; an interval that is not to be trusted in brackets. */
function withInterval({ value, low, high, trusted }: ShownInterval, unit: string): string {
  if (value === null) return "beyond any (not served)";
  const scale = scaleOf(unit, value);
  const show = (end: number | null) => (end === null ? nothing : number(end / scale.factor, 4));
  const range = `${show(low)} to ${show(high)}`;
  return `${show(value)} ${scale.unit}  ${trusted ? range : `(${range}, not to be trusted)`}`;
}

/** A check of a scenario in plain text. */
export function checkText(report: CheckReport): string {
  const { measured, comparisons, inapplicable, laws } = report;
  const level = `${number(100 * report.confidenceLevel)} %`;
  return `${[
    `${report.scenario}: ${runs(report)}`,
    "",
    ...(measured === null
      ? ["UNSTABLE: the backlog grows from the start of a run to its end. There is no long run, so no percentiles."]
      : [
          `Measured, with ${level} intervals`,
          columns(
            measuredNames.map(([key, name, unit]) => [`  ${name}`, withInterval(measured[key]!, unit)]),
            "text",
          ),
        ]),
    ...(comparisons.length === 0 ? [] : ["", "Predicted and simulated", table(comparisons)]),
    "",
    "Laws of every run, where they come nearest to breaking",
    columns(
      laws.map(({ law, relativeGap, holds }) => [
        `  ${law}`,
        `gap ${number(relativeGap, 2)}`,
        holds ? "holds" : "BROKEN",
      ]),
      "text",
    ),
    "",
    "Not applicable",
    columns(
      inapplicable.map(({ prediction, why }) => [`  ${prediction}`, why]),
      "text",
    ),
    "",
    verdict(report),
  ].join("\n")}\n`;
}

function runs(report: CheckReport): string {
  const { replications, requestsMeasured, warmUpRequests, unsettled, ended, targets } = report;
  const made =
    ended === "single"
      ? "nothing in it is random: one run, intervals by batch means"
      : `${replications} independent runs of seed ${report.seed}`;
  const goal = `half-widths of ${number(100 * targets.meanTpot)} % on mean TPOT and ${number(100 * targets.p99Ttft)} % on p99 TTFT`;
  const why = {
    reached: `until ${goal} were reached`,
    "budget spent": `the budget; ${goal} were NOT reached`,
    single: "",
    unstable: "enough to tell",
  }[ended];
  return [
    [made, why].filter((part) => part !== "").join(", "),
    `  ${count(requestsMeasured)} requests measured, ${count(warmUpRequests)} of warm-up left out` +
      (unsettled > 0 ? `; in ${unsettled} runs half was left out, since their warm-up could not be told` : ""),
  ].join("\n");
}

function table(comparisons: readonly Comparison[]): string {
  let last = "";
  const rows = comparisons.map((one) => {
    const { prediction, quantity, statistic, unit, claim, predicted, simulated, ratio } = one;
    const name = prediction === last ? "" : prediction;
    last = prediction;
    const scale = scaleOf(unit, predicted ?? 0);
    return [
      `  ${name}`,
      `${quantity}${statistic === "mean" ? "" : `, ${statistic}`}`,
      claim,
      predicted === null ? nothing : `${number(predicted / scale.factor, 4)} ${scale.unit}`,
      simulated === null ? "not measured" : withInterval(simulated, unit),
      ratio === null ? nothing : number(ratio, 4),
      verdictOf(one),
    ];
  });
  return columns([["", "", "claim", "predicted", "simulated", "ratio", "verdict"], ...rows], "text");
}

function verdictOf({ verdict, error }: Comparison): string {
  if (verdict === "differs") return "DIFFERS";
  if (verdict !== "off") return verdict;
  const share = (error ?? Number.NaN) * 100;
  return `approximation off by ${share > 0 ? "+" : ""}${number(share, 2)} %`;
}

function verdict({ passed, comparisons, familyLevel }: CheckReport): string {
  const tested = comparisons.filter(
    ({ claim, verdict }) => claim !== "approximation" && verdict !== "not known",
  ).length;
  const family = `Holm's procedure at ${number(100 * familyLevel)} % for all of them together`;
  const exact = tested === 0 ? "Nothing exact applies" : `${tested} exact figures or bounds were tested (${family})`;
  return `${exact}. ${passed ? "Nothing is contradicted." : "SOMETHING IS CONTRADICTED."}`;
}
