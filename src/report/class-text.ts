import type { ClassReport } from "../experiment/class-report.ts";
import type { ServiceLevel } from "../serving/request.ts";
import { columns } from "./columns.ts";
import { count, estimated, seconds, unitOf } from "./format.ts";
import { goodputCells } from "./goodput-text.ts";
import { latencyText } from "./latency-text.ts";

/** What became of one class of traffic, as plain text. */
export function classText({ name, slo, requests: r, requestsPerSecond, latency, goodput }: ClassReport): string {
  return [
    `Class ${name}${slo === null ? "" : `, promised ${promises(slo)}`}`,
    columns(
      [
        [
          "Requests",
          `${count(r.offered)} offered`,
          `${count(r.finished)} finished`,
          `${count(r.unfinished)} unfinished`,
        ],
        ["", `${count(r.rejected)} rejected`, `${count(r.preempted)} preempted`, `${count(r.preemptions)} preemptions`],
        ["Throughput", estimated(requestsPerSecond, unitOf("req/s"))],
        ...(goodput === null ? [] : [goodputCells(goodput)]),
      ],
      "text",
    ),
    latencyText("Latency", [
      ["TTFT", latency.ttftSeconds],
      ["TPOT", latency.tpotSeconds],
      ["E2E", latency.e2eSeconds],
    ]),
  ].join("\n");
}

function promises({ ttftSeconds, tpotSeconds, e2eSeconds }: ServiceLevel): string {
  const targets = [
    ["TTFT", ttftSeconds],
    ["TPOT", tpotSeconds],
    ["E2E", e2eSeconds],
  ] as const;
  return targets
    .filter(([, target]) => target !== undefined)
    .map(([name, target]) => `${name} ≤ ${seconds(target!)}`)
    .join(", ");
}
