import { availableParallelism, cpus } from "node:os";
import { parseArgs } from "node:util";
import type { Crew } from "../src/experiment/replications.ts";
import { WorkerCrew } from "../src/experiment/worker-crew.ts";
import { writeWhole } from "../src/report/whole-file.ts";
import { birthDeath } from "./validation/birth-death.ts";
import { defaultScenario } from "./validation/default-scenario.ts";
import { oracleSuite } from "./validation/oracle-suite.ts";
import { scales } from "./validation/scales.ts";
import { counted, type Section } from "./validation/section.ts";
import { singleRuns } from "./validation/single-runs.ts";
import { studies } from "./validation/studies.ts";

/** Writes docs/validation.md, or elsewhere: what the statistics and the simulator promise, measured. Ends with 1 where a promise is broken. */
const { values, positionals } = parseArgs({
  options: { output: { type: "string", default: "docs/validation.md" } },
  allowPositionals: true,
});

const parts: Readonly<Record<string, (crew: Crew) => Promise<Section>>> = {
  default: defaultScenario,
  suite: oracleSuite,
  scales,
  "birth-death": birthDeath,
  studies,
  runs: singleRuns,
};

const started = performance.now();
const crew = new WorkerCrew(availableParallelism());
const sections: Section[] = [];
for (const name of positionals.length > 0 ? positionals : Object.keys(parts)) {
  const part = parts[name];
  if (part === undefined) throw new Error(`no part ${name}; there are ${Object.keys(parts).join(", ")}`);
  sections.push(await part(crew));
}
await crew.close();

const broken = sections.flatMap((section) => section.broken);
const machine = `${cpus()[0]?.model ?? "unknown"}, ${counted(cpus().length, "core")}, Node ${process.version}`;
const names = Object.keys(parts).map((name) => `\`${name}\``);
const minutes = ((performance.now() - started) / 60e3).toFixed(0);
const text = [
  "# Validation",
  "What the statistics of `check` promise and what the simulator is held to, measured over many seeds. This file is written by " +
    `\`npm run validate\` (${names.join(", ")} for parts of it, as in \`npm run validate -- suite\`; \`--output FILE\` for another place), which ends with ` +
    "an error where a promise is broken; shorter forms are in the tests. docs/theory.md says how the statistics and predictions work.",
  `On ${machine}, of which ${counted(crew.size, "core")} made the runs, beside other work: what is said in seconds is wall time there. The whole took ${minutes} minutes.`,
  broken.length === 0 ? "Every promise below holds." : ["**Broken:**", ...broken.map((one) => `- ${one}`)].join("\n"),
  ...sections.flatMap(({ title, body }) => [`## ${title}`, ...body]),
].join("\n\n");
writeWhole(values.output, `${text}\n`);
process.exitCode = broken.length === 0 ? 0 : 1;
