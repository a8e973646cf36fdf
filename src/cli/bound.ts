import { readFileSync } from "node:fs";
import { Command, Option } from "commander";
import { findAccelerator } from "../bounds/accelerators.ts";
import { findArchitecture } from "../bounds/architectures.ts";
import { evaluateCase } from "../bounds/cases.ts";
import type { TensorParallel } from "../bounds/layout.ts";
import { UserError } from "../core/errors.ts";
import { type BoundReport, boundReport } from "../experiment/bound-report.ts";
import { moeReport } from "../experiment/moe-report.ts";
import { toyReport } from "../experiment/toy-report.ts";
import { boundText } from "../report/bound-text.ts";
import { moeText } from "../report/moe-text.ts";
import { toyText } from "../report/toy-text.ts";
import { notNegativeNumber, positiveNumber, wholeNumber, wholeNumbers } from "./options.ts";

interface BoundFlags {
  readonly cases?: string;
  readonly toy?: true;
  readonly moe?: true;
  readonly batches?: readonly number[];
  readonly zipf: number;
  readonly json?: true;
  readonly model?: string;
  readonly accelerator?: string;
  readonly accelerators: number;
  readonly batch: number;
  readonly context: number;
  readonly tensorParallel?: TensorParallel;
  readonly stages?: number;
}

export function boundCommand(): Command {
  return new Command("bound")
    .description("print the closed form: the parts of a token's time, or the seconds of a file of cases")
    .option(
      "--cases <file>",
      "a JSON array of cases: function, model, accelerator, accelerators, batch, context_tokens, …",
    )
    .addOption(
      new Option(
        "--toy",
        "print the toy model's optimum, its scaling laws, and PaLM's measurements beside them",
      ).conflicts(["moe", "cases"]),
    )
    .addOption(
      new Option(
        "--moe",
        "print how many experts a step touches, the busiest rank, and what chance adds, by batch",
      ).conflicts(["cases", "stages", "batch"]),
    )
    .option("--json", "print JSON")
    .option("--model <name>")
    .option("--accelerator <name>")
    .option("--accelerators <number>", "how many of them", positiveNumber, 8)
    .option("--batch <sequences>", "decoding sequences", positiveNumber, 1)
    .option("--batches <list>", "with --moe: several batches, such as 1,8,64", wholeNumbers)
    .option("--zipf <exponent>", "with --moe: how unequally experts are wanted", notNegativeNumber, 0)
    .option("--context <tokens>", "cached tokens of each", notNegativeNumber, 0)
    .addOption(new Option("--tensor-parallel <cut>", "the cut of the matrices; the best without").choices(["1d", "2d"]))
    .option("--stages <number>", "pipeline stages; the best number without", wholeNumber)
    .action((flags: BoundFlags) => {
      process.stdout.write(answer(flags));
    });
}

function answer(flags: BoundFlags): string {
  if (flags.cases !== undefined) return cases(flags.cases);
  if (flags.moe) return moe(flags);
  if (flags.batches !== undefined) throw new UserError("--batches", "is of no use by itself", "--moe beside it");
  return flags.toy ? toy(flags) : bound(flags);
}

/** The toy model of a model on an accelerator; of Llama 3 70B on H100 unless said. */
function toy({ model = "llama-3-70b", accelerator = "h100", batch, json }: BoundFlags): string {
  const architecture = findArchitecture(model, "--model");
  const report = toyReport(architecture, findAccelerator(accelerator, "--accelerator"), batch);
  return json ? `${JSON.stringify(report, null, 2)}\n` : toyText(report);
}

const usualBatches = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512];

/** Expert choice of a mixture of experts; of DeepSeek-V3 on H100 unless said. */
function moe(flags: BoundFlags): string {
  const { model = "deepseek-v3", accelerator = "h100", accelerators, context, tensorParallel, batches, zipf } = flags;
  const report = moeReport({
    architecture: findArchitecture(model, "--model"),
    accelerator: findAccelerator(accelerator, "--accelerator"),
    accelerators,
    tensorParallel,
    batches: batches ?? usualBatches,
    contextTokens: context,
    zipfExponent: zipf,
  });
  return flags.json ? `${JSON.stringify(report, null, 2)}\n` : moeText(report);
}

function bound(flags: BoundFlags): string {
  const { model, accelerator, accelerators, batch, context, tensorParallel, stages } = flags;
  if (model === undefined || accelerator === undefined) {
    throw new UserError("bound", "needs a deployment", "--model NAME --accelerator NAME, or --cases FILE");
  }
  const report: BoundReport = boundReport({
    architecture: findArchitecture(model, "--model"),
    accelerator: findAccelerator(accelerator, "--accelerator"),
    accelerators,
    batch,
    contextTokens: context,
    tensorParallel,
    pipelineStages: stages,
  });
  return flags.json ? `${JSON.stringify(report, null, 2)}\n` : boundText(report);
}

/** Seconds of each case in order, null where infeasible. */
function cases(file: string): string {
  let list: unknown;
  try {
    list = JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    throw new UserError(file, `cannot be read: ${(error as Error).message}`, "a JSON array of cases");
  }
  if (!Array.isArray(list)) throw new UserError(file, "is not an array", "a JSON array of cases");
  const seconds = list.map((one, index) => evaluateCase(one, `${file}[${index}]`));
  return `${JSON.stringify(seconds, null, 1)}\n`;
}
