import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { linearRegression } from "simple-statistics";
import type { BenchRow } from "./bench.ts";
import { medianRunSeconds, poissonScenario, saturationRate } from "./runs.ts";

const sizes = [1_000, 10_000, 100_000, 1_000_000];

/** How the time of a run grows with its requests, and the memory of a long one. */
export async function scalingBench(longRequests: number): Promise<BenchRow[]> {
  const rate = 0.75 * (await saturationRate());
  const rows: BenchRow[] = [];
  const points: [number, number][] = [];
  for (const requests of sizes) {
    const scenario = poissonScenario(requests, rate);
    const seconds = await medianRunSeconds(scenario, requests < 10_000 ? 51 : 7, requests < 10_000 ? 50 : 3);
    points.push([Math.log(requests), Math.log(seconds)]);
    rows.push({ name: `${requests.toLocaleString("en-US")} requests`, value: requests / seconds, unit: "requests/s" });
  }
  rows.push({ name: "time grows with requests to the power", value: linearRegression(points).m, unit: "" });
  rows.push(...longRun(longRequests, rate));
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
