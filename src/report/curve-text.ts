import type { ShownInterval } from "../experiment/comparison.ts";
import type { CurveReport, LoadPoint } from "../experiment/curve.ts";
import { logLogChart, type Series } from "./chart.ts";
import { columns } from "./columns.ts";
import { nothing, number, type Scale, timeScale, unitOf } from "./format.ts";

/** The frontier is drawn from so much slower to as much faster, and up to so much dearer, than what is laid beside it. */
const widerThanRuns = 2;

/** Load curves in plain text: what was measured, what was predicted beside it, and a chart. */
export function curveText(report: CurveReport): string {
  const { points, confidenceLevel } = report;
  const isPromised = points.some(({ measured }) => measured.keptShare !== null);
  const isShort = points.some(({ reached }) => !reached);
  const { meanTpot, p99Ttft } = report.targets;
  return `${[
    `${report.scenario}: ${report.model} on ${report.accelerators} × ${report.accelerator}, by offered load`,
    capacityText(report),
    "",
    `Measured, with ${number(100 * confidenceLevel)} % intervals`,
    columns([measuredHeading(isPromised), ...points.map((point) => measuredRow(point, isPromised))]),
    ...(points.some(({ stability }) => stability === "unstable")
      ? [
          "UNSTABLE: at or above capacity, or the queue grew from start to end. There is no long run, so no latency of one.",
        ]
      : []),
    ...(isShort
      ? [
          `* budget spent before half-widths of ${number(100 * meanTpot)} % (TPOT) and ${number(100 * p99Ttft)} % (p99 TTFT)`,
        ]
      : []),
    "",
    "Beside what was predicted, and the frontier's price at the speed that was measured",
    columns([besideHeading, ...points.map(besideRow)]),
    ...predictedBy(points),
    "",
    logLogChart(seriesOf(report), "tokens per second of one request", "dollars per million output tokens"),
  ].join("\n")}\n`;
}

function capacityText({ capacity }: CurveReport): string {
  const { requestsPerSecond, offeredPerSecond, closedFormRequestsPerSecond } = capacity;
  const measured = withHalfWidth(requestsPerSecond, unitOf("requests/s"));
  return (
    `Load 1 is ${measured}, the capacity measured: what ends while ${number(offeredPerSecond)} come each second.\n` +
    `The closed form, prompts spread evenly over steps, has it at ${number(closedFormRequestsPerSecond)}.`
  );
}

function measuredHeading(isPromised: boolean): string[] {
  const promised = isPromised ? ["goodput", "kept"] : [];
  return ["load", "offered", "speed, tokens/s", "TTFT, mean", "TTFT, p99", "TPOT, mean", "$/M tokens", ...promised];
}

function measuredRow(
  { load, requestsPerSecond, stability, reached, measured }: LoadPoint,
  isPromised: boolean,
): string[] {
  const time = (interval: ShownInterval | null) => withHalfWidth(interval, timeScale(interval?.value ?? 1));
  const { keptShare, goodputPerSecond } = measured;
  return [
    `${number(load, 2)}${reached ? "" : " *"}`,
    `${number(requestsPerSecond)} /s`,
    withHalfWidth(measured.speedTokensPerSecond, unitOf("")),
    stability === "unstable" ? "UNSTABLE" : time(measured.meanTtftSeconds),
    stability === "unstable" ? nothing : range(measured.p99TtftSeconds),
    time(measured.meanTpotSeconds),
    withHalfWidth(measured.dollarsPerMillionTokens, unitOf("")),
    ...(isPromised
      ? [withHalfWidth(goodputPerSecond, unitOf("/s")), withHalfWidth(keptShare, { factor: 0.01, unit: "%" })]
      : []),
  ];
}

/** `54.8 ± 0.6 ms`. */
function withHalfWidth(interval: ShownInterval | null, { factor, unit }: Scale): string {
  if (interval === null || interval.value === null) return nothing;
  const { value, low, high } = interval;
  const half = low === null || high === null ? nothing : number((high - low) / 2 / factor, 2);
  return `${number(value / factor)} ± ${half}${unit === "" ? "" : ` ${unit}`}`;
}

/** `1.2 s, 1.1 to 1.4`: percentiles have uneven intervals. */
function range(interval: ShownInterval | null): string {
  if (interval === null || interval.value === null) return nothing;
  const scale = timeScale(interval.value);
  const show = (value: number | null) => (value === null ? nothing : number(value / scale.factor));
  return `${show(interval.value)} ${scale.unit}, ${show(interval.low)} to ${show(interval.high)}`;
}

const besideHeading = [
  "load",
  "speed",
  "predicted",
  "TTFT, mean",
  "predicted",
  "$/M tokens",
  "predicted",
  "frontier",
  "of the frontier",
];

function besideRow({ load, measured, predicted, frontier }: LoadPoint): string[] {
  const plain = (value: number | null | undefined) => number(value ?? Number.NaN);
  const time = (value: number | null | undefined) => {
    if (value === null || value === undefined) return nothing;
    const { factor, unit } = timeScale(value);
    return `${number(value / factor)} ${unit}`;
  };
  return [
    number(load, 2),
    plain(measured.speedTokensPerSecond.value),
    plain(predicted.speedTokensPerSecond),
    time(measured.meanTtftSeconds?.value),
    time(predicted.meanTtftSeconds),
    plain(measured.dollarsPerMillionTokens.value),
    plain(predicted.dollarsPerMillionTokens),
    plain(frontier?.dollarsPerMillionTokens),
    frontier === null || frontier.share === null ? nothing : `${number(100 * frontier.share)} %`,
  ];
}

function predictedBy(points: readonly LoadPoint[]): string[] {
  const names = [...new Set(points.flatMap(({ predicted }) => predicted.by))];
  return names.length === 0 ? [] : [`Predicted by: ${names.join("; ")}.`];
}

function seriesOf({ points, frontier }: CurveReport): Series[] {
  const measured = points.map(({ measured: { speedTokensPerSecond, dollarsPerMillionTokens } }) => [
    speedTokensPerSecond.value,
    dollarsPerMillionTokens.value,
  ]);
  const predicted = points.map(({ predicted: { speedTokensPerSecond, dollarsPerMillionTokens } }) => [
    speedTokensPerSecond,
    dollarsPerMillionTokens,
  ]);
  const known = (pairs: (number | null)[][]) =>
    pairs.filter((pair): pair is [number, number] => pair.every((value) => value !== null));
  const beside = known([...measured, ...predicted]);
  const speeds = beside.map(([speed]) => speed);
  const dearest = Math.max(...beside.map(([, dollars]) => dollars));
  const near = frontier.filter(
    ({ tokensPerSecondPerRequest: speed, dollarsPerMillionTokens }) =>
      speed >= Math.min(...speeds) / widerThanRuns &&
      speed <= Math.max(...speeds) * widerThanRuns &&
      dollarsPerMillionTokens <= dearest * widerThanRuns,
  );
  return [
    {
      name: "frontier of this model and accelerator, always full",
      points: near.map((point) => [point.tokensPerSecondPerRequest, point.dollarsPerMillionTokens]),
    },
    { name: "predicted, by load", points: known(predicted) },
    { name: "measured, by load", points: known(measured) },
  ];
}
