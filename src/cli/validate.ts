import { Command } from "commander";
import { count } from "../report/format.ts";
import { makeup, poolSizes } from "../scenario/makeup.ts";
import { readScenario } from "../scenario/read.ts";
import { runPlan } from "../scenario/run-plan.ts";
import { scenarioFile } from "./scenario-file.ts";
import { tracePlaces } from "./trace-places.ts";

export function validateCommand(): Command {
  return new Command("validate")
    .description("check a scenario without running it")
    .argument("<scenario>", "a scenario file, or the name of one that comes with batchyard")
    .option("--trace <file>", "the trace to replay, in place of the scenario's own file")
    .action((name: string, flags: { readonly trace?: string }) => {
      const file = scenarioFile(name);
      const { scenario, deployment, expectedRequests } = runPlan(readScenario(file), tracePlaces(file, flags.trace));
      const requests = expectedRequests === undefined ? "" : `, ${count(expectedRequests)} requests`;
      process.stdout.write(
        `${scenario.name} is valid: ${deployment.architecture.name} on ${makeup(poolSizes(deployment))}, ` +
          `KV cache ${count(deployment.kvCapacityTokens)} tokens${requests}\n`,
      );
    });
}
