import type { LatencyReport, Percentile } from "../experiment/latency-report.ts";
import { columns } from "./columns.ts";
import { estimated, seconds } from "./format.ts";

/** What stands for a percentile that falls among requests that were turned away. */
const notServed = "not served";

/** Latencies as a table with a row for each. */
export function latencyText(heading: string, rows: readonly (readonly [string, LatencyReport])[]): string {
  return columns([
    [heading, "mean", "p50", "p90", "p99", "greatest"],
    ...rows.map(([name, { mean, p50, p90, p99, greatest }]) => [
      `  ${name}`,
      estimated(mean, "time"),
      ...[p50, p90, p99].map(percentileText),
      seconds(greatest),
    ]),
  ]);
}

const percentileText = (percentile: Percentile) => (percentile.notServed ? notServed : estimated(percentile, "time"));
