import { Command, Option } from "commander";
import { findAccelerator } from "../bounds/accelerators.ts";
import { findArchitecture } from "../bounds/architectures.ts";
import { comparisons, findComparison } from "../bounds/frontier/presets.ts";
import type { FrontierQuestion } from "../bounds/frontier/question.ts";
import { UserError } from "../core/errors.ts";
import {
  type ExactLimits,
  type FrontierGrid,
  type FrontierReport,
  frontierGrids,
  frontierReport,
} from "../experiment/frontier-report.ts";
import { frontierCsv } from "../report/frontier-csv.ts";
import { frontierText } from "../report/frontier-text.ts";
import { WholeFile } from "../report/whole-file.ts";
import { notNegativeNumber, positiveNumber, wholeNumber } from "./options.ts";

/** What asks a question of one's own, in place of a preset. */
interface QuestionFlags {
  readonly model?: string;
  readonly accelerator?: string;
  readonly context?: number;
  readonly weightBits?: number;
  readonly demandCap?: number;
  readonly draft?: string;
  readonly acceptance?: number;
  readonly draftTokens?: number;
}

interface LimitFlags {
  readonly maxAccelerators?: number;
  readonly minSpeed?: number;
  readonly maxDollars?: number;
  readonly demand?: number;
}

interface FrontierFlags extends QuestionFlags, LimitFlags {
  readonly grid: FrontierGrid;
  readonly json?: true;
  readonly csv?: true;
  readonly svg?: string;
}

export function frontierCommand(): Command {
  return new Command("frontier")
    .description("draw the frontier of speed and price: a comparison of the paper, or a model on an accelerator")
    .argument("[preset]", `one of ${Object.keys(comparisons).join(", ")}`)
    .option("--model <name>", "a model of the catalogue, in place of a preset")
    .option("--accelerator <name>", "an accelerator of the catalogue (h100 without)")
    .option("--context <tokens>", "cached tokens of each sequence", notNegativeNumber)
    .option("--weight-bits <bits>", "weights held in so many bits, in place of the model's own", positiveNumber)
    .option("--demand-cap <tokens/s>", "tokens a second that one instance may serve at most", positiveNumber)
    .option("--draft <name>", "a model that drafts tokens for speculative decoding")
    .option("--acceptance <probability>", "that a drafted token is accepted (0.8 without)", notNegativeNumber)
    .option("--draft-tokens <number>", "longest draft to consider (20 without)", wholeNumber)
    .addOption(
      new Option("--grid <grid>", "the paper's fractional grid, or all deployments that exist")
        .choices(frontierGrids)
        .default("published"),
    )
    .option("--max-accelerators <number>", "exact grid: accelerators of all replicas together", wholeNumber)
    .option("--min-speed <tokens/s>", "exact grid: slowest that a request may be served (1 without)", positiveNumber)
    .option("--max-dollars <dollars>", "exact grid: most that a million tokens may cost", positiveNumber)
    .option("--demand <tokens/s>", "exact grid: whole replicas are to meet this demand together", positiveNumber)
    .addOption(new Option("--json", "print JSON with every point").conflicts("csv"))
    .option("--csv", "print CSV with every point")
    .option("--svg <file>", "also write a picture")
    .action(async (preset: string | undefined, flags: FrontierFlags) => {
      const report = reportOf(preset, flags);
      if (flags.svg !== undefined) {
        // The chart library takes a while to load, and few ask for it.
        const { frontierSvg } = await import("../report/frontier-svg.ts");
        const picture = new WholeFile(flags.svg);
        picture.write(frontierSvg(report));
        picture.commit();
      }
      process.stdout.write(printed(report, flags));
    });
}

function printed(report: FrontierReport, { json, csv }: FrontierFlags): string {
  if (json) return `${JSON.stringify(report, null, 2)}\n`;
  return csv ? frontierCsv(report) : frontierText(report);
}

function reportOf(preset: string | undefined, flags: FrontierFlags): FrontierReport {
  const limits = limitsOf(flags);
  if (preset === undefined) {
    const question = questionOf(flags);
    const name = `${question.architecture.name} on ${question.accelerator.name}`;
    return frontierReport(name, { [name]: question }, flags.grid, limits);
  }
  const own = ["model", "accelerator", "context", "weightBits", "demandCap", "draft", "acceptance", "draftTokens"];
  const given = own.find((name) => flags[name as keyof QuestionFlags] !== undefined);
  if (given !== undefined) {
    throw new UserError(preset, `a preset says itself what --${kebab(given)} would`, "a preset, or --model");
  }
  const { title, curves } = findComparison(preset);
  return frontierReport(title, curves, flags.grid, limits);
}

const kebab = (name: string) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

function questionOf(flags: QuestionFlags): FrontierQuestion {
  const { model, accelerator = "h100", context = 0, weightBits, draft } = flags;
  if (model === undefined) {
    const allowed = `${Object.keys(comparisons).join(", ")}, or --model NAME --accelerator NAME`;
    throw new UserError("frontier", "needs a preset or a model", allowed);
  }
  const named = findArchitecture(model, "--model");
  if (draft === undefined && (flags.acceptance !== undefined || flags.draftTokens !== undefined)) {
    throw new UserError("--draft", "is needed to draft tokens", "a model of the catalogue");
  }
  return {
    architecture: weightBits === undefined ? named : { ...named, weightBytes: weightBits / 8 },
    accelerator: findAccelerator(accelerator, "--accelerator"),
    contextTokens: context,
    demandCapTokensPerSecond: flags.demandCap,
    speculation:
      draft === undefined
        ? undefined
        : {
            draft: findArchitecture(draft, "--draft"),
            acceptance: flags.acceptance ?? 0.8,
            maxDraftTokens: flags.draftTokens ?? 20,
          },
  };
}

function limitsOf(flags: FrontierFlags): ExactLimits {
  const limits = {
    maxAccelerators: flags.maxAccelerators,
    minTokensPerSecondPerRequest: flags.minSpeed,
    maxDollarsPerMillionTokens: flags.maxDollars,
    demandTokensPerSecond: flags.demand,
  };
  if (flags.grid === "published" && Object.values(limits).some((limit) => limit !== undefined)) {
    const only = "--max-accelerators, --min-speed, --max-dollars and --demand hold for real deployments";
    throw new UserError("--grid", only, "--grid exact");
  }
  return limits;
}
