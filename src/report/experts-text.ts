import type { ExpertFigure, ExpertsReport } from "../experiment/experts-report.ts";
import { columns } from "./columns.ts";
import { count, estimated, nothing, number, percent, type Scale, timeScale, unitOf } from "./format.ts";

/** What was drawn of experts, as plain text. */
export function expertsText(report: ExpertsReport): string {
  const { level, maximumOver, parallel, steps, experts, layers, ranks, meanBatch, busiestRank } = report;
  const where = parallel === "expert" ? `whole on one of ${ranks} ranks` : "cut over all ranks";
  const { value: stepSeconds } = report.stepSeconds.simulated;
  return [
    `Experts, ${level}: ${experts} in each of ${layers} layers, each ${where}`,
    `  larger of compute and memory ${maximumOver === "totals" ? "on totals" : "for each layer"}; ` +
      `${count(steps)} steps that only decode, mean batch ${meanBatch === null ? nothing : number(meanBatch)}`,
    columns([
      ["", "simulated", "closed form", "uniform"],
      row("Distinct experts a layer", report.distinctExperts, unitOf("experts")),
      ...(busiestRank === null
        ? []
        : [
            row("Busiest rank reads", busiestRank.reads, unitOf("experts")),
            row("Busiest rank serves", busiestRank.tokensOverEven, unitOf("× even")),
          ]),
      row("Decode step", report.stepSeconds, timeScale(stepSeconds ?? 1)),
      row("Jensen excess of the larger", report.jensenExcess, percent),
      row("By layer over on totals", report.perLayerOverTotals, percent),
    ]),
  ].join("\n");
}

function row(name: string, { simulated, closedForm, uniform }: ExpertFigure, scale: Scale): readonly string[] {
  const text = (value: number | null) =>
    value === null ? nothing : `${number(value / scale.factor, 4)} ${scale.unit}`;
  return [`  ${name}`, estimated(simulated, scale, 4), text(closedForm), text(uniform)];
}
