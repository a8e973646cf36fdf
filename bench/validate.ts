import { existsSync, readFileSync } from "node:fs";
import { availableParallelism, cpus } from "node:os";
import { parseArgs } from "node:util";
import type { Crew } from "../src/experiment/replications.ts";
import { WorkerCrew } from "../src/experiment/worker-crew.ts";
import { many } from "../src/report/format.ts";
import { writeWhole } from "../src/report/whole-file.ts";
import { birthDeath } from "./validation/birth-death.ts";
import { defaultScenario } from "./validation/default-scenario.ts";
import { renewed } from "./validation/document.ts";
import { oracleSuite } from "./validation/oracle-suite.ts";
import { scales } from "./validation/scales.ts";
import type { Section } from "./validation/section.ts";
import { singleRuns } from "./validation/single-runs.ts";
import { studies } from "./validation/studies.ts";

/** Writes docs/validation.md, or elsewhere: what the statistics and the simulator promise, measured. Ends with 1 where a promise is broken. */
const { values, positionals } = parseArgs({
  options: { output: { type: "string", default: "docs/validation.md" } },
  allowPositionals: true,
});

interface Part {
  readonly title: string;
  readonly measure: (crew: Crew) => Promise<Section>;
}

const parts: Readonly<Record<string, Part>> = {
  default: { title: "The check of the default scenario", measure: defaultScenario },
  suite: { title: "Exact oracles", measure: oracleSuite },
  scales: { title: "Few runs: the scale on which figures are judged", measure: scales },
  "birth-death": { title: "Capped continuous batching: the birth–death prediction", measure: birthDeath },
  studies: { title: "Many runs: studies of the simulator", measure: studies },
  runs: { title: "One run: batch means", measure: singleRuns },
};
const names = Object.keys(parts);
const titles = Object.values(parts).map(({ title }) => title);

const asked = positionals.length > 0 ? positionals : names;
const unknown = asked.find((name) => parts[name] === undefined);
if (unknown !== undefined) throw new Error(`no part ${unknown}; there are ${names.join(", ")}`);

const crew = new WorkerCrew(availableParallelism());
const machine = `${cpus()[0]?.model ?? "unknown"}, Node ${process.version}, ${many(crew.size, "core")} of ${cpus().length}`;
for (const name of asked) {
  const { title, measure } = parts[name]!;
  const started = performance.now();
  const section = await measure(crew);
  const minutes = (performance.now() - started) / 60e3;
  const how = `\`npm run validate -- ${name}\`, ${minutes.toFixed(1)} minutes on ${machine}.`;
  // After each part: whoever breaks off keeps what is measured.
  const before = existsSync(values.output) ? readFileSync(values.output, "utf8") : "";
  writeWhole(values.output, renewed(before, titles, title, section, how));
  if (section.broken.length > 0) process.exitCode = 1;
}
await crew.close();
