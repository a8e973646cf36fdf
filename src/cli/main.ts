import { Command, CommanderError } from "commander";
import { PolicyError, UserError } from "../core/errors.ts";
import { boundCommand } from "./bound.ts";
import { catalogCommand } from "./catalog.ts";
import { checkCommand } from "./check.ts";

import { curveCommand } from "./curve.ts";

import { explainCommand } from "./explain.ts";

import { frontierCommand } from "./frontier.ts";
import { loadCommand } from "./load.ts";
import { runCommand } from "./run.ts";
import { schemaCommand } from "./schema.ts";
import { validateCommand } from "./validate.ts";
import { version } from "./version.ts";

/** What a process says of its end: 2 for what the user can mend, 1 for what we must. */
const exitCodes = { userError: 2, defect: 1 } as const;

const commands = [
  runCommand,
  validateCommand,
  schemaCommand,
  catalogCommand,
  boundCommand,
  frontierCommand,
  loadCommand,
  checkCommand,
  curveCommand,
  explainCommand,
];

/** Runs the command line. Only here is an error printed and turned into an exit code. */
export async function main(argv: readonly string[]): Promise<void> {
  // A reader that has seen enough, such as `head`, closes the pipe: that is no error.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(0);
    throw error;
  });
  const program = new Command("batchyard")
    .description("Simulates language-model serving, request by request, beside the closed form that bounds it.")
    .version(version)
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(`batchyard: ${text.replace(/^error: /, "")}`) });
  for (const command of commands) program.addCommand(command().copyInheritedSettings(program));
  try {
    await program.parseAsync(argv);
  } catch (error) {
    process.exitCode = report(error);
  }
}

function report(error: unknown): number {
  // Commander has printed its own message, or the help that was asked for.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : exitCodes.userError;
  if (error instanceof UserError) {
    process.stderr.write(`batchyard: ${error.message}\n`);
    return exitCodes.userError;
  }
  if (error instanceof PolicyError) {
    process.stderr.write(`batchyard: a plan cannot be carried out: ${error.message}\n`);
    return exitCodes.userError;
  }
  process.stderr.write(`batchyard: this is a defect of batchyard\n${error instanceof Error ? error.stack : error}\n`);
  return exitCodes.defect;
}
