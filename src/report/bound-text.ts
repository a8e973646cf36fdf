import type { BoundReport } from "../experiment/bound-report.ts";
import { columns } from "./columns.ts";
import { amount, many, number, seconds } from "./format.ts";

/** What the closed form says of a deployment, as plain text. */
export function boundText(report: BoundReport): string {
  const { layout, parts, otherModels: others } = report;
  const cut = `${layout.tensorParallel === "2d" ? "2-D" : "1-D"} tensor parallel over ${many(layout.tensorRanks, "rank")}`;
  const overlapped = (own: number, other: number) => (own >= other ? "" : "hidden behind the larger");
  return `${[
    `${report.model} on ${amount(report.accelerators)} × ${report.accelerator}, ${cut}, ${many(layout.pipelineStages, "pipeline stage")}`,
    `${many(report.batch, "sequence")} of ${number(report.contextTokens, 4)} cached tokens; ` +
      `${number(report.memoryBytes / 1e9)} of ${number(report.hbmBytes / 1e9)} GB used`,
    "",
    columns([
      ["Compute", seconds(parts.compute, 4), overlapped(parts.compute, parts.memory)],
      ["Memory", seconds(parts.memory, 4), overlapped(parts.memory, parts.compute)],
      ["Network latency", seconds(parts.networkLatency, 4)],
      ["Network bandwidth", seconds(parts.networkBandwidth, 4)],
      ["Kernel launches", seconds(parts.launch, 4)],
      ["A token", seconds(report.secondsPerToken, 4), `bound by ${report.binding}`],
    ]),
    "",
    columns([
      ["Speed of a request", `${number(report.tokensPerSecondPerRequest, 4)} tokens/s`],
      ["Throughput", `${number(report.tokensPerSecond, 4)} tokens/s`],
      ["Cost", `${number(report.dollarsPerMillionTokens, 4)} $ per million tokens`],
      ["MFU", `${number(100 * report.mfu, 4)} %`],
    ]),
    "",
    "The same question to the other models",
    columns([
      ["Roofline of one accelerator", seconds(others.rooflineOfOneAcceleratorSeconds, 4)],
      ["Toy model", seconds(others.toySeconds, 4)],
      ["Paper, section 3.5", seconds(others.paperSeconds, 4)],
      ["Best published layout", seconds(others.bestPublishedLayoutSeconds, 4)],
      [
        "Batch at which reading weights and computing take equally long",
        `${number(others.criticalBatch, 4)} sequences`,
      ],
      ["Accelerators at which the toy model is fastest", number(others.toyOptimalAccelerators, 4)],
    ]),
  ].join("\n")}\n`;
}
