import { Command } from "commander";
import { explain } from "../experiment/explain.ts";
import { explainText } from "../report/explain-text.ts";
import { readScenario } from "../scenario/read.ts";
import { seedOf, wholeNumber } from "./options.ts";
import { overridden } from "./overridden.ts";
import { scenarioFile } from "./scenario-file.ts";
import { tracePlaces } from "./trace-places.ts";

interface ExplainFlags {
  readonly json?: true;
  readonly trace?: string;
  readonly seed?: number | string;
  readonly limit?: number;
}

export function explainCommand(): Command {
  return new Command("explain")
    .description(
      "book every accelerator-second of a scenario's run to one cause, and follow the price from the frontier",
    )
    .argument("<scenario>", "a scenario file, or the name of one that comes with batchyard")
    .option("--json", "print JSON")
    .option("--trace <file>", "the trace to replay, in place of the scenario's own file")
    .option("--seed <seed>", "in place of the scenario's own", seedOf)
    .option("--limit <requests>", "end arrivals after so many requests", wholeNumber)
    .action(async (name: string, flags: ExplainFlags) => {
      const file = scenarioFile(name);
      const scenario = overridden(readScenario(file), flags);
      const report = await explain(scenario, {
        places: tracePlaces(file, flags.trace),
        onProgress: told(scenario.name),
      });
      if (process.stderr.isTTY) process.stderr.write("\r\u001b[K");
      process.stdout.write(flags.json ? `${JSON.stringify(report, null, 2)}\n` : explainText(report));
    });
}

const told = (name: string) => (run: number, of: number) => {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${name}: run ${run} of ${of} with causes switched off`);
};
