import { Command } from "commander";
import { loadReport } from "../experiment/load-report.ts";
import { loadText } from "../report/load-text.ts";
import { readScenario } from "../scenario/read.ts";
import { scenarioFile } from "./scenario-file.ts";
import { tracePlaces } from "./trace-places.ts";

interface LoadFlags {
  readonly trace?: string;
  readonly json?: true;
}

export function loadCommand(): Command {
  return new Command("load")
    .description("solve for the batch at which a scenario's deployment makes as many tokens as are asked for")
    .argument("<scenario>", "a scenario file, or the name of one that comes with batchyard")
    .option("--trace <file>", "the trace to replay, in place of the scenario's own file")
    .option("--json", "print JSON")
    .action((name: string, flags: LoadFlags) => {
      const file = scenarioFile(name);
      const report = loadReport(readScenario(file), tracePlaces(file, flags.trace));
      process.stdout.write(flags.json ? `${JSON.stringify(report, null, 2)}\n` : loadText(report));
    });
}
