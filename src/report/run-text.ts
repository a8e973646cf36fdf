import type { Compared, LatencyReport, RunReport } from "../experiment/run-report.ts";
import { bubblesText } from "./bubbles-text.ts";
import { columns } from "./columns.ts";
import { expertsText } from "./experts-text.ts";
import { count, estimated, nothing, number, percent, type Scale, seconds, unitOf } from "./format.ts";

/** The report of a run as plain text. */
export function runText(report: RunReport): string {
  return [
    heading(report),
    requests(report),
    latency(report),
    occupancy(report),
    ...(report.stages.some(({ bubbles }) => bubbles !== undefined) ? [bubblesText(report.stages)] : []),
    besideTheBound(report),
    ...(report.experts === undefined ? [] : [expertsText(report.experts)]),
    legend(report),
  ]
    .map((block) => `${block}\n`)
    .join("\n");
}

function heading({ scenario, description, seed, ended, simulatedSeconds, deployment: d }: RunReport): string {
  const cut = `${d.tensorParallel === "2d" ? "2-D" : "1-D"} tensor parallel over ${d.tensorRanks}`;
  const layers = d.stageLayers === undefined ? "" : ` of ${d.stageLayers.join(" + ")} layers`;
  const split = d.microbatching === "split" ? ", each step split over them" : "";
  const stages = `${d.pipelineStages} pipeline stage${d.pipelineStages === 1 ? "" : "s"}${layers}${split}`;
  const endings = { drained: "until all requests were served", horizon: "until the horizon", stopped: "then stopped" };
  return [
    description === null ? scenario : `${scenario}: ${description}`,
    `  ${d.model} on ${d.accelerators} × ${d.accelerator}, ${cut}, ${stages}`,
    `  KV cache ${count(d.kvCapacityTokens)} tokens, policy ${d.policy}, seed ${seed}`,
    `  ${number(simulatedSeconds, 4)} s simulated, ${endings[ended]}`,
  ].join("\n");
}

function requests({ requests: r, tokens, requestsPerSecond, outputTokensPerSecond }: RunReport): string {
  return columns(
    [
      ["Requests", `${count(r.offered)} offered`, `${count(r.finished)} finished`, `${count(r.unfinished)} unfinished`],
      ["", `${count(r.rejected)} rejected`, `${count(r.preempted)} preempted`, `${count(r.preemptions)} preemptions`],
      [
        "Tokens",
        `${count(tokens.prompt)} prompt`,
        `${count(tokens.output)} output`,
        `${count(tokens.recomputed)} recomputed`,
      ],
      [
        "Throughput",
        estimated(requestsPerSecond, unitOf("req/s")),
        estimated(outputTokensPerSecond, unitOf("output tokens/s")),
      ],
    ],
    "text",
  );
}

function latency({ latency: l }: RunReport): string {
  const rows: readonly (readonly [string, LatencyReport])[] = [
    ["TTFT", l.ttftSeconds],
    ["TPOT", l.tpotSeconds],
    ["ITL", l.itlSeconds],
    ["E2E", l.e2eSeconds],
    ["Queueing", l.queueingSeconds],
  ];
  return columns([
    ["Latency", "mean", "p50", "p90", "p99", "greatest"],
    ...rows.map(([name, { mean, p50, p90, p99, greatest }]) => [
      `  ${name}`,
      ...[mean, p50, p90, p99].map((one) => estimated(one, "time")),
      seconds(greatest),
    ]),
  ]);
}

function occupancy({ occupancy: o, stages }: RunReport): string {
  const share = (value: number | null) => (value === null ? nothing : `${number(100 * value)} %`);
  return columns(
    [
      ["Occupancy"],
      ["  decode batch", estimated(o.decodeBatch, unitOf("sequences in a decode step"))],
      ["  decode context", estimated(o.decodeContextTokens, unitOf("cached tokens read for a token"))],
      ["  running", estimated(o.batch, unitOf("sequences, mean over time"))],
      ["  queue", estimated(o.queue, unitOf("requests, mean over time"))],
      ["  KV cache", `${estimated(o.kvUse, percent)} of capacity, mean over time`],
      ...stages.map(({ compute, busy }, stage) => [
        `  stage ${stage + 1}`,
        `${share(busy)} of the time busy, ${share(compute)} computing`,
      ]),
    ],
    "text",
  );
}

function besideTheBound(report: RunReport): string {
  const { bound } = report;
  const where =
    bound === null
      ? "(nothing decoded)"
      : `(decode batch ${number(bound.batch)}, context ${number(bound.contextTokens)} tokens, bound by ${bound.binding})`;
  const row = (name: string, { simulated, closedForm, ratio }: Compared, scale: Scale) => [
    `  ${name}`,
    estimated(simulated, scale),
    closedForm === null ? nothing : `${number(closedForm / scale.factor)} ${scale.unit}`,
    ratio === null ? nothing : number(ratio),
  ];
  return [
    `Beside the closed form at the same accelerators and layout ${where}`,
    columns([
      ["", "simulated", "closed form", "ratio"],
      row("Speed of a request", report.speedTokensPerSecondPerRequest, unitOf("tokens/s")),
      row("A million output tokens", report.dollarsPerMillionOutputTokens, unitOf("$")),
      row("MFU", report.mfu, percent),
    ]),
  ].join("\n");
}

function legend({ confidenceLevel }: RunReport): string {
  return [
    `± is half the width of a ${100 * confidenceLevel} % confidence interval by batch means over this run,`,
    `warm-up and drain included; ${nothing} stands where the run is too short or too correlated`,
    "for one. ITL counts every token.",
  ].join("\n");
}
