import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { columns } from "../src/report/columns.ts";
import { number } from "../src/report/format.ts";
import { withWholeFiles } from "../src/report/whole-file.ts";
import type { BenchRow } from "./bench.ts";
import { frontierBench } from "./frontier.ts";
import { kernelBench } from "./kernel.ts";
import { kvCacheBench } from "./kv-cache.ts";
import { moeBench } from "./moe.ts";
import { peerBench } from "./peer.ts";
import { scalingBench } from "./scaling.ts";
import { servingBench } from "./serving.ts";
import { waitingQueueBench } from "./waiting-queue.ts";

const { values, positionals } = parseArgs({
  options: { json: { type: "string" }, long: { type: "string", default: "1000000" } },
  allowPositionals: true,
});

/** What can be measured; without names on the command line, all of it. */
const benches: Readonly<Record<string, () => Promise<BenchRow[]>>> = {
  kernel: kernelBench,
  "kv-cache": kvCacheBench,
  serving: servingBench,
  "waiting-queue": waitingQueueBench,
  scaling: () => scalingBench(Number(values.long)),
  peer: peerBench,
  frontier: frontierBench,
  moe: moeBench,
};

const machine = { cpu: cpus()[0]?.model ?? "unknown", cores: cpus().length, node: process.version };
process.stdout.write(`${machine.cpu}, ${machine.cores} cores, Node ${machine.node}; medians of at least 5 runs\n`);
await withWholeFiles([values.json], async ([file]) => {
  const results: Record<string, BenchRow[]> = {};
  for (const name of positionals.length > 0 ? positionals : Object.keys(benches)) {
    const bench = benches[name];
    if (bench === undefined) throw new Error(`no bench ${name}; there are ${Object.keys(benches).join(", ")}`);
    const rows = await bench();
    results[name] = rows;
    process.stdout.write(`\n${name}\n${columns(rows.map((row) => [row.name, number(row.value), row.unit]))}\n`);
  }
  file?.write(`${JSON.stringify({ machine, results }, null, 2)}\n`);
});
