import { measured, poissonScenario } from "./runs.ts";

const [requests, rate] = process.argv.slice(2).map(Number);
const start = performance.now();
await measured(poissonScenario(requests!, rate!));
const seconds = (performance.now() - start) / 1e3;
process.stdout.write(JSON.stringify({ seconds, peakMegabytes: process.resourceUsage().maxRSS / 1024 }));
