import type { ClusterReport, PoolReport, TransferReport, WaitReport } from "../experiment/cluster-report.ts";
import { columns } from "./columns.ts";
import { count, estimated, nothing, number, percent, seconds, unitOf } from "./format.ts";

/** What each pool of replicas came to, and what went between pools, as plain text. */
export function clusterText({ replicas, router, pools, transfers }: ClusterReport): string {
  const arrivals = router === null ? "all arrivals to one" : `arrivals by ${router}`;
  return [
    `Pools: ${replicas} replicas, ${arrivals}; each figure is that of one replica, means over its pool`,
    columns(
      pools.map((pool) => [`  ${pool.name}`, makeup(pool), doing[pool.role], `policy ${pool.policy}`]),
      "text",
    ),
    columns([
      ["", "busy", "running", "KV cache", "MFU"],
      ...pools.map(({ name, busy, running, kvUse, mfu }) => [
        `  ${name}`,
        estimated(busy, percent),
        estimated(running, unitOf("sequences")),
        estimated(kvUse, percent),
        estimated(mfu, percent),
      ]),
    ]),
    columns([["", "decode batch", "context", "speed of a request", "closed form", "ratio"], ...pools.map(decoding)]),
    ...(transfers === null ? [] : [transferText(transfers)]),
  ].join("\n");
}

const doing = { mixed: "prompts and outputs", prefill: "prompts", decode: "outputs" } as const;

function makeup({ replicas, accelerators, accelerator, tensorParallel, tensorRanks, pipelineStages }: PoolReport) {
  const cut = `${tensorParallel === "2d" ? "2-D" : "1-D"} TP ${tensorRanks}`;
  const stages = pipelineStages === 1 ? "" : ` × PP ${pipelineStages}`;
  return `${replicas} × ${accelerators} × ${accelerator}, ${cut}${stages}`;
}

function decoding({ name, decodeBatch, decodeContextTokens, speedTokensPerSecondPerRequest }: PoolReport) {
  const { simulated, closedForm, ratio } = speedTokensPerSecondPerRequest;
  return [
    `  ${name}`,
    estimated(decodeBatch, unitOf("sequences")),
    estimated(decodeContextTokens, unitOf("tokens")),
    estimated(simulated, unitOf("tokens/s")),
    closedForm === null ? nothing : `${number(closedForm)} tokens/s`,
    ratio === null ? nothing : number(ratio),
  ];
}

function transferText(transfers: TransferReport): string {
  const { bytesPerSecond, latencySeconds, sharedBy, router, arrived, moving } = transfers;
  const sharing = { pool: "one link for all", sender: "a link for each sender", receiver: "a link for each receiver" };
  const speed = `${number(bytesPerSecond / 1e9)} GB/s and ${seconds(latencySeconds)}`;
  const row = (name: string, { mean, p50, p99 }: WaitReport) => [
    `  ${name}`,
    ...[mean, p50, p99].map((one) => estimated(one, "time")),
  ];
  return [
    `KV caches: ${count(arrived)} moved, ${sharing[sharedBy]} of ${speed}${router === null ? "" : `, ${router}`}`,
    columns([
      ["", "mean", "p50", "p99"],
      row("waiting for the link", transfers.linkWaitSeconds),
      row("moving in all", transfers.transferSeconds),
      row("then waiting for room", transfers.roomWaitSeconds),
    ]),
    `  on their way: ${estimated(moving, unitOf("caches"))}, mean over time`,
  ].join("\n");
}
