import { availableParallelism } from "node:os";
import { Command } from "commander";
import { UserError } from "../core/errors.ts";
import { type CheckReport, check } from "../experiment/check.ts";
import type { Crew } from "../experiment/replications.ts";
import { defaultPrecision, pilotRuns } from "../experiment/study.ts";
import { runSuite } from "../experiment/suite.ts";
import { withCrew } from "../experiment/worker-crew.ts";
import { checkText } from "../report/check-text.ts";
import { suiteText } from "../report/suite-text.ts";
import { readScenario } from "../scenario/read.ts";
import { seedOf, share, span, wholeNumber } from "./options.ts";
import { overridden } from "./overridden.ts";
import { scenarioFile } from "./scenario-file.ts";
import { endOfProgress, told } from "./told.ts";
import { tracePlaces } from "./trace-places.ts";

interface CheckFlags {
  readonly suite?: true;
  readonly json?: true;
  readonly trace?: string;
  readonly seed?: string | number;
  readonly limit?: number;
  readonly level: number;
  readonly familyLevel: number;
  readonly tpot: number;
  readonly ttft: number;
  readonly runs: number;
  readonly budget: number;
  readonly workers: number;
}

/** What a check that finds a contradiction ends with. */
const contradictedExitCode = 1;

export function checkCommand(): Command {
  const { level, meanTpot, p99Ttft, budget, wallSeconds } = defaultPrecision;
  return new Command("check")
    .description(
      "hold a scenario's runs against every prediction that applies to it, and against the laws of every run",
    )
    .argument("[scenario]", "a scenario file, or the name of one that comes with batchyard")
    .option("--suite", "check the simulator on a suite of exact oracles instead")
    .option("--json", "print JSON")
    .option("--trace <file>", "the trace to replay, in place of the scenario's own file")
    .option("--seed <seed>", "in place of the scenario's own", seedOf)
    .option("--limit <requests>", "requests of each run, in place of the scenario's own", wholeNumber)
    .option("--level <share>", "confidence level of the intervals", share, level)
    .option("--family-level <share>", "confidence that no exact figure is called different wrongly", share, 0.99)
    .option("--tpot <share>", "half-width wanted of the mean TPOT", share, meanTpot)
    .option("--ttft <share>", "half-width wanted of the 99th percentile of TTFT", share, p99Ttft)
    .option(
      "--runs <number>",
      `most independent runs to measure, beside ${pilotRuns} that tell the warm-up`,
      wholeNumber,
      budget.maximum,
    )
    .option("--budget <time>", "no run is started after so long", span, wallSeconds)
    .option("--workers <number>", "threads that make runs; the report is the same", wholeNumber, availableParallelism())
    .action(async (name: string | undefined, flags: CheckFlags) => {
      const report = await withCrew(flags.workers, (crew) =>
        flags.suite ? suite(name, flags, crew) : ofScenario(name, flags, crew),
      );
      process.stdout.write(report.text);
      if (!report.passed) process.exitCode = contradictedExitCode;
    });
}

async function ofScenario(
  name: string | undefined,
  flags: CheckFlags,
  crew: Crew | undefined,
): Promise<{ text: string; passed: boolean }> {
  if (name === undefined) throw new UserError("check", "needs a scenario", "a scenario, or --suite");
  const file = scenarioFile(name);
  const { level, familyLevel, tpot, ttft, runs } = flags;
  const scenario = overridden(readScenario(file), flags);
  const { minimum } = defaultPrecision.budget;
  const report: CheckReport = await check(scenario, {
    places: tracePlaces(file, flags.trace),
    ...(crew !== undefined && { crew }),
    precision: {
      level,
      meanTpot: tpot,
      p99Ttft: ttft,
      budget: { minimum: Math.min(minimum, runs), maximum: runs },
      wallSeconds: flags.budget,
    },
    familyLevel,
    onProgress: told(scenario.name),
  });
  endOfProgress();
  return { text: flags.json ? `${JSON.stringify(report, null, 2)}\n` : checkText(report), passed: report.passed };
}

async function suite(
  name: string | undefined,
  flags: CheckFlags,
  crew: Crew | undefined,
): Promise<{ text: string; passed: boolean }> {
  if (name !== undefined) throw new UserError("--suite", `says itself what ${name} would`, "a scenario, or --suite");
  const { familyLevel, seed } = flags;
  const report = await runSuite({
    familyLevel,
    ...(crew !== undefined && { crew }),
    ...(seed !== undefined && { seed }),
    onProgress: (oracle, progress) => told(oracle, progress.of)(progress),
  });
  endOfProgress();
  return { text: flags.json ? `${JSON.stringify(report, null, 2)}\n` : suiteText(report), passed: report.passed };
}
