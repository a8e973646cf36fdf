import { Command, Option } from "commander";
import { fromEvent, merge, type Observable, of, take, tap } from "rxjs";
import { type RunOptions, run } from "../experiment/run.ts";
import type { RunReport } from "../experiment/run-report.ts";
import { slicedPace } from "../kernel/pace.ts";
import { RequestsCsv } from "../report/requests-csv.ts";
import { runText } from "../report/run-text.ts";
import { WholeFile, writeWhole } from "../report/whole-file.ts";
import { readScenario } from "../scenario/read.ts";
import { type RunPlan, runPlan } from "../scenario/run-plan.ts";
import type { Scenario } from "../scenario/schema.ts";
import type { AdvanceMode } from "../serving/replica.ts";
import { liveRun } from "../tui/live-run.tsx";
import { span, wholeNumber } from "./options.ts";
import { scenarioFile } from "./scenario-file.ts";
import { tracePlaces } from "./trace-places.ts";

interface RunFlags {
  readonly json?: true;
  readonly output?: string;
  readonly requests?: string;
  readonly trace?: string;
  readonly seed?: string;
  readonly limit?: number;
  readonly horizon?: number;
  readonly mode?: AdvanceMode;
  readonly live?: boolean;
}

/** What a shell reports of a program that Ctrl-C ended. */
const interruptedExitCode = 130;

export function runCommand(): Command {
  return new Command("run")
    .description("run a scenario and report what it came to beside its closed form")
    .argument("<scenario>", "a scenario file, or the name of one that comes with batchyard")
    .option("--json", "print the report as JSON")
    .option("-o, --output <file>", "write the report to a file instead")
    .option("--requests <file>", "write one CSV line for each request")
    .option("--trace <file>", "the trace to replay, in place of the scenario's own file")
    .option("--seed <seed>", "in place of the scenario's own")
    .option("--limit <requests>", "end arrivals after so many requests", wholeNumber)
    .option("--horizon <time>", "end the run at this instant, such as `10 min`", span)
    .addOption(new Option("--mode <mode>", "how decode steps advance").choices(["leap", "step"]))
    .option("--live", "show the run as it goes on (the default in a terminal)")
    .option("--no-live", "only the report")
    .action(async (name: string, flags: RunFlags) => {
      const file = scenarioFile(name);
      const plan = runPlan(overridden(readScenario(file), flags), tracePlaces(file, flags.trace));
      const report = await runBesideFiles(plan, flags);
      const text = flags.json ? `${JSON.stringify(report, null, 2)}\n` : runText(report);
      if (flags.output === undefined) process.stdout.write(text);
      else writeWhole(flags.output, text);
    });
}

function overridden(scenario: Scenario, { seed, limit, horizon, mode }: RunFlags): Scenario {
  const { run } = scenario;
  return {
    ...scenario,
    run: {
      ...run,
      ...(seed !== undefined && { seed: /^-?\d+$/.test(seed) ? Number(seed) : seed }),
      ...(limit !== undefined && { requests: limit }),
      ...(horizon !== undefined && { horizon }),
      ...(mode !== undefined && { mode }),
    },
  };
}

/** Runs with a file of requests written beside it, if one was asked for: whole at the end, or not at all. */
async function runBesideFiles(plan: RunPlan, flags: RunFlags): Promise<RunReport> {
  if (flags.requests === undefined) return runWatched(plan, flags, (events$) => events$.pipe(take(0)));
  const file = new WholeFile(flags.requests);
  try {
    const csv = new RequestsCsv((text) => file.write(text));
    const report = await runWatched(plan, flags, (events$) => events$.pipe(tap((event) => csv.on(event))));
    file.commit();
    return report;
  } catch (error) {
    file.discard();
    throw error;
  }
}

async function runWatched(
  plan: RunPlan,
  flags: RunFlags,
  beside: NonNullable<RunOptions["beside"]>,
): Promise<RunReport> {
  const inTerminal = Boolean(process.stdout.isTTY && process.stdin.isTTY) && process.env.CI === undefined;
  if (!(flags.live ?? inTerminal)) return run(plan, { pace: slicedPace(), stop$: interrupts(), beside });
  const live = liveRun(plan);
  try {
    const stop$ = merge(live.stop$ ?? of(), interrupts());
    return await run(plan, {
      ...live,
      stop$,
      beside: (events$) => merge(beside(events$), live.beside?.(events$) ?? of()),
    });
  } finally {
    live.close();
  }
}

/** The first Ctrl-C ends the run, which then prints what it has; a second ends the program. */
function interrupts(): Observable<unknown> {
  return merge(fromEvent(process, "SIGINT"), fromEvent(process, "SIGTERM")).pipe(
    take(1),
    tap(() => {
      process.exitCode = interruptedExitCode;
    }),
  );
}
