import type { Compared } from "../experiment/compared.ts";
import type { RunReport } from "../experiment/run-report.ts";
import { makeup } from "../scenario/makeup.ts";
import { bubblesText } from "./bubbles-text.ts";
import { classText } from "./class-text.ts";
import { clusterText } from "./cluster-text.ts";
import { columns } from "./columns.ts";
import { expertsText } from "./experts-text.ts";
import { count, estimated, many, nothing, number, percent, type Scale, seconds, unitOf } from "./format.ts";
import { goodputCells } from "./goodput-text.ts";
import { latencyText } from "./latency-text.ts";

/** The report of a run as plain text. */
export function runText(report: RunReport): string {
  return [
    heading(report),
    requests(report),
    latency(report),
    occupancy(report),
    ...(report.stages.some(({ bubbles }) => bubbles !== undefined) ? [bubblesText(report.stages)] : []),
    fairness(report),
    ...(report.classes ?? []).map(classText),
    besideTheBound(report),
    ...(report.cluster === undefined ? [] : [clusterText(report.cluster)]),
    ...(report.experts === undefined ? [] : [expertsText(report.experts)]),
    legend(report),
  ]
    .map((block) => `${block}\n`)
    .join("\n");
}

function heading({ scenario, description, seed, ended, simulatedSeconds, deployment: d, cluster }: RunReport): string {
  const cut = `${d.tensorParallel === "2d" ? "2-D" : "1-D"} tensor parallel over ${d.tensorRanks}`;
  const layers = d.stageLayers === undefined ? "" : ` of ${d.stageLayers.join(" + ")} layers`;
  const split = d.microbatching === "split" ? ", each step split over them" : "";
  const stages = `${many(d.pipelineStages, "pipeline stage")}${layers}${split}`;
  const endings = { drained: "until all requests were served", horizon: "until the horizon", stopped: "then stopped" };
  return [
    description === null ? scenario : `${scenario}: ${description}`,
    cluster === undefined
      ? `  ${d.model} on ${d.accelerators} × ${d.accelerator}, ${cut}, ${stages}`
      : `  ${d.model} on ${makeup(cluster.pools)}`,
    cluster === undefined
      ? `  KV cache ${count(d.kvCapacityTokens)} tokens, policy ${d.policy}, seed ${seed}`
      : `  KV caches of ${count(d.kvCapacityTokens)} tokens together, seed ${seed}`,
    `  ${number(simulatedSeconds, 4)} s simulated, ${endings[ended]}`,
  ].join("\n");
}

function requests(report: RunReport): string {
  const { requests: r, tokens, rejectedShare, goodput } = report;
  const wasted = wastes(report);
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
        "Offered",
        estimated(report.offeredPerSecond, unitOf("req/s")),
        ...(r.rejected === 0 ? [] : [`${estimated(rejectedShare, percent)} rejected`]),
      ],
      [
        "Throughput",
        estimated(report.requestsPerSecond, unitOf("req/s")),
        estimated(report.outputTokensPerSecond, unitOf("output tokens/s")),
      ],
      ...(goodput === null ? [] : [goodputCells(goodput)]),
      ...(wasted.length === 0 ? [] : [["Wasted", ...wasted]]),
    ],
    "text",
  );
}

/** What steps did for nothing, where there was any of it. */
function wastes({ tokens: { draftsRejected }, overheads: { swapSeconds }, occupancy: { paddingShare } }: RunReport) {
  return [
    ...(draftsRejected > 0 ? [`${count(draftsRejected)} drafts rejected`] : []),
    ...(swapSeconds > 0 ? [`${seconds(swapSeconds)} swapping`] : []),
    ...(paddingShare.value ? [`${estimated(paddingShare, percent)} padding`] : []),
  ];
}

function latency({ latency: l }: RunReport): string {
  return latencyText("Latency", [
    ["TTFT", l.ttftSeconds],
    ["TPOT", l.tpotSeconds],
    ["ITL", l.itlSeconds],
    ["E2E", l.e2eSeconds],
    ["E2E/token", l.normalisedSeconds],
    ["Queueing", l.queueingSeconds],
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
      [
        "  oldest wait",
        `${estimated(o.oldestWaitSeconds, "time")} old, mean over time; ${seconds(o.longestWaitSeconds)} at most`,
      ],
      ["  KV cache", `${estimated(o.kvUse, percent)} of capacity, mean over time`],
      ...(o.prefixHitShare.value === null
        ? []
        : [["  prefix hits", `${estimated(o.prefixHitShare, percent)} of the tokens that were to be read`]]),
      ...stages.map(({ compute, busy }, stage) => [
        `  stage ${stage + 1}`,
        `${share(busy)} of the time busy, ${share(compute)} computing`,
      ]),
    ],
    "text",
  );
}

function fairness({ fairness: { overRequests, overClasses } }: RunReport): string {
  const index = (value: number | null) => (value === null ? nothing : number(value));
  const rows = [
    ["Fairness", "over requests", `${estimated(overRequests, unitOf(""))} of output tokens/s from arrival to finish`],
  ];
  if (overClasses !== null) {
    const { speed, served } = overClasses;
    const figures = `${index(speed)} of its mean, ${index(served)} of output tokens served over asked for`;
    rows.push(["", "over classes", figures]);
  }
  return columns(rows, "text");
}

function besideTheBound(report: RunReport): string {
  const { bound, occupancy: o } = report;
  const where =
    bound === null
      ? o.decodeBatch.value === null
        ? "nothing decoded"
        : "replicas that decode differ: see each pool below"
      : `decode batch ${number(bound.batch)}, context ${number(bound.contextTokens)} tokens, bound by ${bound.binding}`;
  const row = (name: string, { simulated, closedForm, ratio }: Compared, scale: Scale) => [
    `  ${name}`,
    estimated(simulated, scale),
    closedForm === null ? nothing : `${number(closedForm / scale.factor)} ${scale.unit}`,
    ratio === null ? nothing : number(ratio),
  ];
  return [
    report.cluster === undefined
      ? "Beside the closed form at the same accelerators and layout"
      : "Beside the closed form of one replica that decodes, at its accelerators and layout",
    `  ${where}`,
    columns([
      ["", "simulated", "closed form", "ratio"],
      row("Speed of a request", report.speedTokensPerSecondPerRequest, unitOf("tokens/s")),
      row("A million output tokens", report.dollarsPerMillionOutputTokens, unitOf("$")),
      row("MFU", report.mfu, percent),
    ]),
  ].join("\n");
}

function legend({ confidenceLevel, percentileRelativeError, requests: { rejected } }: RunReport): string {
  return [
    `± is half the width of a ${100 * confidenceLevel} % confidence interval by batch means over this run,`,
    `warm-up and drain included; ${nothing} stands where the run is too short or too correlated`,
    "for one. ITL counts every token. Fairness is Jain's index.",
    `Percentiles are within ${percentageAbove(percentileRelativeError)} % of the exact ones.`,
    ...(rejected === 0
      ? []
      : ["They rank rejected requests beyond all others; mean and greatest are of those that were served."]),
  ].join("\n");
}

/** A share in per cent, rounded up to one digit. */
function percentageAbove(share: number): number {
  return Math.ceil(1000 * share) / 10;
}
