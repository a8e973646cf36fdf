import type { ExpertFigure, ExpertsReport } from "../experiment/experts-report.ts";
import { columns } from "./columns.ts";
import { count, estimated, nothing, number, percent, type Scale, timeScale, unitOf } from "./format.ts";

/** What was drawn of experts, as plain text. */
export function expertsText(report: ExpertsReport): string {
  const { level, maximumOver, parallel, steps, experts, layers, ranks, meanBatch, busiestRank } = report;
  const where = parallel === "expert" ? `each on one of ${ranks} ranks` : "each cut over all ranks";
  const { value: stepSeconds } = report.stepSeconds.simulated;
  return [
    `Experts: ${level}, ${experts} in each of ${layers} layers, ${where}, the larger of compute and memory ` +
      `${maximumOver === "totals" ? "on totals" : "for each layer"}`,
    `  ${count(steps)} steps that only decode, ${meanBatch === null ? nothing : number(meanBatch)} sequences on average`,
    columns([
      ["", "simulated", "closed form", "uniform choice"],
      row("Distinct experts of a layer", report.distinctExperts, unitOf("experts")),
      ...(busiestRank === null
        ? []
        : [
            row("Read by its busiest rank", busiestRank.reads, unitOf("experts")),
            row("Tokens of its busiest rank", busiestRank.tokensOverEven, unitOf("× an even share")),
          ]),
      row("Decode step", report.stepSeconds, timeScale(stepSeconds ?? 1)),
      row("Jensen excess of max(compute, memory)", report.jensenExcess, percent),
      row("Excess of max by layer over totals", report.perLayerOverTotals, percent),
    ]),
  ].join("\n");
}

function row(name: string, { simulated, closedForm, uniform }: ExpertFigure, scale: Scale): readonly string[] {
  const text = (value: number | null) =>
    value === null ? nothing : `${number(value / scale.factor, 4)} ${scale.unit}`;
  return [`  ${name}`, estimated(simulated, scale, 4), text(closedForm), text(uniform)];
}
