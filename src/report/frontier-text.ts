import type { CurvePoint, FrontierCurve, FrontierReport } from "../experiment/frontier-report.ts";
import { logLogChart } from "./chart.ts";
import { columns } from "./columns.ts";
import { count, number, seconds } from "./format.ts";

const heading = ["tokens/s a request", "$/M tokens", "accelerators", "batch", "MFU", "a token", "layout", "binds"];

/** Rows of one table: more would not be read. */
const mostRows = 12;

/** Whole numbers in full, fractions as far as they are read. */
const quantity = (value: number) => (Number.isInteger(value) ? count(value) : number(value, 4));

function layoutText({ layout, draftTokens, replicas }: CurvePoint): string {
  const cut = `${layout.tensorParallel === "1d" ? "1-D" : "2-D"} TP ${quantity(layout.tensorRanks)}`;
  const stages = layout.pipelineStages === 1 ? "" : ` × PP ${layout.pipelineStages}`;
  const draft = draftTokens === 0 ? "" : `, drafts of ${draftTokens}`;
  return `${replicas === 1 ? "" : `${count(replicas)} × `}${cut}${stages}${draft}`;
}

function row(point: CurvePoint): string[] {
  return [
    number(point.tokensPerSecondPerRequest, 4),
    number(point.dollarsPerMillionTokens, 4),
    quantity(point.accelerators),
    quantity(point.batch),
    `${number(100 * point.mfu)} %`,
    seconds(point.secondsPerToken),
    layoutText(point),
    point.binding,
  ];
}

/** About so many points of a frontier at even ratios of speed, the first and the last among them. */
function sampled(points: readonly CurvePoint[]): CurvePoint[] {
  if (points.length <= mostRows) return [...points];
  const speed = (point: CurvePoint) => Math.log(point.tokensPerSecondPerRequest);
  const [first, last] = [points[0]!, points.at(-1)!];
  const step = (speed(first) - speed(last)) / (mostRows - 1);
  const chosen: CurvePoint[] = [];
  for (const point of points) if (speed(point) <= speed(first) - chosen.length * step + 1e-12) chosen.push(point);
  return chosen.at(-1) === last ? chosen : [...chosen, last];
}

function question(curve: FrontierCurve): string {
  const { contextTokens, demandCapTokensPerSecond: cap, speculation } = curve;
  return [
    `${curve.model}, ${quantity(curve.weightBits)}-bit weights, on ${curve.accelerator}`,
    `context of ${count(contextTokens)} tokens`,
    ...(cap === null ? [] : [`at most ${count(cap)} tokens/s an instance`]),
    ...(speculation === null
      ? []
      : [
          `up to ${speculation.maxDraftTokens} tokens drafted by ${speculation.draft}, acceptance ${number(speculation.acceptance)}`,
        ]),
  ].join("; ");
}

function gain(curve: FrontierCurve): string[] {
  const { relaxation } = curve;
  if (relaxation === null) return [];
  const { meanPriceRatio: mean, largestPriceRatio: largest } = relaxation;
  const prices =
    mean === null || largest === null
      ? "no speed of the grid can be reached"
      : `at equal speed ×${number(mean)} the price on average, ×${number(largest)} at most`;
  return [
    `What exists, against these fractions: ${prices}; fastest ×${number(1 / relaxation.fastestSpeedRatio)} the speed` +
      `${relaxation.outOfReach === 0 ? "" : `; ${number(100 * relaxation.outOfReach)} % of the points out of reach`}`,
  ];
}

function curveText(curve: FrontierCurve): string {
  const { points, preferred } = curve;
  const lines = [curve.name, question(curve)];
  if (points.length === 0) return [...lines, "Nothing serves this."].join("\n");
  const shown = sampled(points);
  const some = shown.length < points.length ? `, ${shown.length} of them shown` : "";
  return [
    ...lines,
    `${count(points.length)} points${some}; preferred (largest speed⁴ per dollar):`,
    columns([heading, row(preferred!), [""], ...shown.map(row)]),
    ...gain(curve),
  ].join("\n");
}

/** Frontiers as tables and a chart, in plain text. */
export function frontierText({ title, grid, curves }: FrontierReport): string {
  const series = curves.map(({ name, points }) => ({
    name,
    points: points.map((point) => [point.tokensPerSecondPerRequest, point.dollarsPerMillionTokens] as const),
  }));
  const how =
    grid === "published"
      ? "the published grid: fractional accelerators, batches and layouts"
      : "exact: every deployment of whole accelerators and sequences that nothing else dominates";
  const chart = logLogChart(series, "tokens/s of one request", "$ per million tokens");
  return `${[`${title} (${how})`, ...curves.map(curveText), chart].filter((part) => part !== "").join("\n\n")}\n`;
}
