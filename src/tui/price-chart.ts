import { closedForm, type OperatingFigures } from "../bounds/closed-form.ts";
import { boundOf, figures } from "../experiment/figures.ts";
import type { Frame } from "../observe/frames.ts";
import type { Tally } from "../observe/tally.ts";
import type { Deployment } from "../scenario/deployment.ts";
import type { ReplicaDeployment } from "../scenario/replica-deployment.ts";
import { BrailleCanvas, type Place, type Run } from "./drawing/braille-canvas.ts";
import { type LogAxis, logAxis } from "./drawing/log-axis.ts";
import { chosen } from "./text.ts";

/** What tokens cost and how fast a request gets them. */
export interface Offer {
  readonly tokensPerSecond: number;
  readonly dollarsPerMillionTokens: number;
}

/** A run's price and speed so far, among what its deployment could offer. */
export interface PriceChart {
  /** The closed form at the run's mean context, from one sequence to as many as memory holds. */
  readonly curve: readonly Offer[];
  /** The closed form at the run's own mean decode batch. */
  readonly bound: Offer | undefined;
  /** The sections of the run, oldest first. */
  readonly past: readonly Offer[];
  readonly run: Offer | undefined;
}

export const priceChartHeading = "$/M output tokens";
export const priceChartLegend: readonly Run[] = [
  { text: "─◇", role: "bound" },
  { text: " bound ", role: "quiet" },
  { text: "∘", role: "past" },
  { text: " past ", role: "quiet" },
  { text: "●", role: "run" },
  { text: " run", role: "quiet" },
];
const speedUnit = "tokens/s/request";

const curvePoints = 48;

export function priceChart({ measurement }: Frame, deployment: Deployment): PriceChart {
  const { total, sections } = measurement;
  const bound = boundOf(total, deployment);
  return {
    curve: deployment.decodesAlike ? curveOf(figures.decodeContextTokens(total), deployment.replica) : [],
    bound: bound && shown(offer(bound)),
    past: sections.map((section) => offerOf(section, deployment)).filter((one) => one !== undefined),
    run: offerOf(total, deployment),
  };
}

function curveOf(contextTokens: number, replica: ReplicaDeployment): Offer[] {
  const { architecture, accelerator, layout, kvCapacityTokens } = replica;
  const mostSequences = kvCapacityTokens / contextTokens;
  if (!(mostSequences > 1)) return [];
  return Array.from({ length: curvePoints }, (_, index) => mostSequences ** (index / (curvePoints - 1)))
    .map((batch) => shown(offer(closedForm(architecture, accelerator, layout, batch, contextTokens))))
    .filter((one) => one !== undefined);
}

const offer = ({ tokensPerSecondPerRequest, dollarsPerMillionTokens }: OperatingFigures): Offer => ({
  tokensPerSecond: tokensPerSecondPerRequest,
  dollarsPerMillionTokens,
});

const offerOf = (tally: Tally, deployment: Deployment): Offer | undefined =>
  shown({
    tokensPerSecond: figures.tokensPerSecondPerRequest(tally),
    dollarsPerMillionTokens: figures.dollarsPerMillionTokens(tally, tally.total("seconds"), deployment),
  });

/** What a logarithmic chart can show; nothing was measured, or nothing fits, where it cannot. */
const shown = (one: Offer): Offer | undefined =>
  [one.tokensPerSecond, one.dollarsPerMillionTokens].every((value) => value > 0 && Number.isFinite(value))
    ? one
    : undefined;

/** Draws the chart, axes included, in so many columns and rows of text; both axes are logarithmic. */
export function drawPriceChart({ curve, bound, past, run }: PriceChart, columns: number, rows: number): Run[][] {
  const offers = [curve, past, bound ?? [], run ?? []].flat();
  if (offers.length === 0) return [[{ text: "nothing decoded yet", role: "quiet" }]];
  const speeds = logAxis(offers.map((one) => one.tokensPerSecond));
  const prices = logAxis(offers.map((one) => one.dollarsPerMillionTokens));
  const margin = Math.max(...prices.ticks.map((tick) => chosen(tick).length));
  const canvas = new BrailleCanvas(columns - margin - 2, rows - 2);
  const place = (one: Offer): Place => ({
    x: speeds.place(one.tokensPerSecond),
    y: prices.place(one.dollarsPerMillionTokens),
  });
  canvas.cornerText(speedUnit, "quiet");
  canvas.line(curve.map(place), "bound");
  for (const one of past) canvas.mark(place(one), "∘", "past");
  if (bound !== undefined) canvas.mark(place(bound), "◇", "boundMark");
  if (run !== undefined) canvas.mark(place(run), "●", "run");
  const labels = priceLabels(prices, canvas, margin, rows - 2);
  return [
    ...canvas.rows().map((row, index): Run[] => [{ text: labels[index]!, role: "quiet" }, ...row]),
    ...speedAxis(speeds, canvas, columns - margin - 2).map((text): Run[] => [
      { text: `${" ".repeat(margin)} ${text}`, role: "quiet" },
    ]),
  ];
}

function priceLabels(axis: LogAxis, canvas: BrailleCanvas, margin: number, rows: number): string[] {
  const labels = new Array<string>(rows).fill(`${" ".repeat(margin)} │`);
  for (const tick of axis.ticks) {
    labels[canvas.rowOf(axis.place(tick))] = `${chosen(tick).padStart(margin)} ┤`;
  }
  return labels;
}

/** The line below the chart and the figures below that; a figure that would touch its neighbour is left out. */
function speedAxis(axis: LogAxis, canvas: BrailleCanvas, columns: number): [string, string] {
  const line = new Array<string>(columns).fill("─");
  let text = "";
  for (const tick of axis.ticks) {
    const column = canvas.columnOf(axis.place(tick));
    line[column] = "┬";
    const label = chosen(tick);
    const start = Math.min(column + 1 - Math.floor(label.length / 2), columns + 1 - label.length);
    if (text === "" || start > text.length) text = text.padEnd(start) + label;
  }
  return [`└${line.join("")}`, text];
}
