import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { linearRegression } from "simple-statistics";
import type { BenchRow } from "./bench.ts";
import { closedLoop, medianRunSeconds, poissonScenario, saturationRate } from "./runs.ts";

const sizes = [1_000, 10_000, 100_000, 1_000_000];

/** Sequences that always run. */
const batches = [1, 4, 16, 64, 256, 1024];

/** How the time of a run grows with its requests and with its batch, and the memory of a long one. */
export async function scalingBench(longRequests: number): Promise<BenchRow[]> {
  const rate = 0.75 * (await saturationRate());
  const rows: BenchRow[] = [];
  const points: [number, number][] = [];
  // Else the smaller runs, which come first, would pay for compiling.
  await medianRunSeconds(poissonScenario(100_000, rate));
  for (const requests of sizes) {
    const seconds = await medianRunSeconds(poissonScenario(requests, rate), requests > 10_000 ? 7 : 51);
    points.push([Math.log(requests), Math.log(seconds)]);
    rows.push({ name: `${requests.toLocaleString("en-US")} requests`, value: requests / seconds, unit: "requests/s" });
  }
  rows.push({ name: "time grows with requests to the power", value: linearRegression(points).m, unit: "" });
  rows.push(...(await byBatch()), ...longRun(longRequests, rate));
  return rows;
}

/** What a request costs, and so much more for each doubling of the batch: a closed loop that keeps the batch full. */
async function byBatch(): Promise<BenchRow[]> {
  const rows: BenchRow[] = [];
  const points: [number, number][] = [];
  for (const batch of batches) {
    const requests = 20_000;
    const microseconds = (1e6 * (await medianRunSeconds(closedLoop(batch, requests)))) / requests;
    points.push([Math.log2(batch), microseconds]);
    rows.push({ name: `a full batch of ${batch.toLocaleString("en-US")}`, value: microseconds, unit: "µs/request" });
  }
  rows.push({ name: "each doubling of the batch adds", value: linearRegression(points).m, unit: "µs/request" });
  return rows;
}

/** A run in a process of its own, for its peak memory. */
function longRun(requests: number, rate: number): BenchRow[] {
  const child = fileURLToPath(new URL("long-run.js", import.meta.url));
  const { stdout, status, stderr } = spawnSync(process.execPath, [child, String(requests), String(rate)], {
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(stderr);
  const { seconds, peakMegabytes } = JSON.parse(stdout) as { seconds: number; peakMegabytes: number };
  const name = `${requests.toLocaleString("en-US")} requests in a process of their own`;
  return [
    { name, value: requests / seconds, unit: "requests/s" },
    { name: `${name}: peak memory`, value: peakMegabytes, unit: "MB" },
  ];
}
