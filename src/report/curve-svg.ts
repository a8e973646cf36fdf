import * as Plot from "@observablehq/plot";
import type { ShownInterval } from "../experiment/comparison.ts";
import type { CurveReport, LoadPoint } from "../experiment/curve.ts";
import { blankDocument, svgOf, thinned } from "./picture.ts";

const width = 760;
const height = 420;
const look = {
  width,
  height,
  marginTop: 40,
  marginLeft: 60,
  marginBottom: 40,
  style: { background: "white", fontFamily: "sans-serif" },
} as const;

const colours = { measured: "#4269d0", predicted: "#ff725c", frontier: "#3ca951" } as const;

/** Two pictures one above the other: price against speed with the frontier, and the time to the first token against load. */
export function curveSvg(report: CurveReport): string {
  const parts = [priceFigure(report), latencyFigure(report)].map((figure, place) =>
    svgOf(figure, { y: String(place * height) }),
  );
  const size = `width="${width}" height="${2 * height}" viewBox="0 0 ${width} ${2 * height}"`;
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size}>${parts.join("")}</svg>\n`;
}

/** The frontier is drawn up to so many times the dearest point beside it. */
const dearerThanRuns = 2;

/** One row of a picture. */
interface Row {
  readonly kind: keyof typeof colours;
  readonly x: number;
  readonly y: number;
  readonly low: number;
  readonly high: number;
  readonly label: string;
}

function row(kind: Row["kind"], x: number | null, y: Partial<ShownInterval>, label = ""): Row[] {
  const { value, low, high } = y;
  if (x === null || value === null || value === undefined) return [];
  return [{ kind, x, y: value, low: low ?? value, high: high ?? value, label }];
}

function priceFigure({ scenario, points, frontier }: CurveReport) {
  const [stable, unstable] = [stationary(points), points.filter((point) => point.stability === "unstable")];
  const prices = (of: readonly LoadPoint[]) =>
    of.flatMap(({ load, measured: { speedTokensPerSecond, dollarsPerMillionTokens } }) =>
      row("measured", speedTokensPerSecond.value, dollarsPerMillionTokens, String(load)),
    );
  const predicted = stable.flatMap(({ predicted: { speedTokensPerSecond, dollarsPerMillionTokens } }) =>
    row("predicted", speedTokensPerSecond, { value: dollarsPerMillionTokens }),
  );
  const measured = prices(stable);
  const dearest = Math.max(...[...prices(points), ...predicted].map(({ y }) => y));
  const near = frontier.filter(({ dollarsPerMillionTokens }) => dollarsPerMillionTokens <= dearerThanRuns * dearest);
  const bound = thinned(near).flatMap((point) =>
    row("frontier", point.tokensPerSecondPerRequest, { value: point.dollarsPerMillionTokens }),
  );
  return Plot.plot({
    ...look,
    document: blankDocument(),
    x: { type: "log", label: "tokens per second of one request", tickFormat: "~g", grid: true },
    y: { type: "log", label: "dollars per million output tokens", tickFormat: "~g", grid: true },
    marks: [
      Plot.frame({ stroke: "#ccc" }),
      ...drawn(bound, false),
      ...drawn(predicted, true),
      ...drawn(measured, true),
      Plot.dot(prices(unstable), { x: "x", y: "y", stroke: colours.measured, fill: "white", r: 3 }),
      Plot.text(measured, { x: "x", y: "y", text: "label", dx: 6, dy: -6, textAnchor: "start", fontSize: 10 }),
      ...legend(["frontier, always full", "predicted, by load", "measured, by load; hollow: unstable"]),
      title(`${scenario}: how much of the frontier is left, by offered load`),
    ],
  });
}

function latencyFigure({ points }: CurveReport) {
  const of = (kind: Row["kind"], seconds: (point: LoadPoint) => Partial<ShownInterval> | null) =>
    stationary(points).flatMap((point) => row(kind, point.load, seconds(point) ?? {}));
  const means = of("measured", ({ measured }) => measured.meanTtftSeconds);
  const p99 = of("measured", ({ measured }) => measured.p99TtftSeconds).map((one) => ({ ...one, label: "p99" }));
  const predicted = of("predicted", ({ predicted }) => ({ value: predicted.meanTtftSeconds }));
  return Plot.plot({
    ...look,
    document: blankDocument(),
    x: { label: "offered load, of capacity", grid: true },
    y: { type: "log", label: "seconds to the first token", tickFormat: "~g", grid: true },
    marks: [
      Plot.frame({ stroke: "#ccc" }),
      ...drawn(predicted, true),
      ...drawn(means, true),
      ...drawn(p99, true, "4 3"),
      ...legend(["", "predicted mean", "measured mean; p99 dashed"]),
      title("Time to the first token; unstable loads have none"),
    ],
  });
}

const stationary = (points: readonly LoadPoint[]) => points.filter(({ stability }) => stability === "stationary");

/** A line through rows, with dots and intervals where they are few. */
function drawn(rows: readonly Row[], isDotted: boolean, strokeDasharray = "none") {
  if (rows.length === 0) return [];
  const stroke = colours[rows[0]!.kind];
  const line = Plot.line(rows, { x: "x", y: "y", stroke, strokeDasharray });
  if (!isDotted) return [line];
  return [
    line,
    Plot.ruleX(rows, { x: "x", y1: "low", y2: "high", stroke }),
    Plot.dot(rows, { x: "x", y: "y", fill: stroke, r: 3 }),
  ];
}

function legend(names: readonly [frontier: string, predicted: string, measured: string]) {
  const fills = [colours.frontier, colours.predicted, colours.measured];
  return names
    .map((name, place) => ({ name, fill: fills[place]! }))
    .filter(({ name }) => name !== "")
    .map(({ name, fill }, place) =>
      Plot.text([name], {
        frameAnchor: "top-left",
        dx: 8,
        dy: 8 + 14 * place,
        fontSize: 11,
        fill,
        text: (text) => text,
      }),
    );
}

function title(text: string) {
  return Plot.text([text], { frameAnchor: "top", dy: -30, fontSize: 14, fontWeight: "bold" });
}
