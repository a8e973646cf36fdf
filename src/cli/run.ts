import { Command, Option } from "commander";
import { EMPTY, fromEvent, merge, type Observable, take, tap } from "rxjs";
import { UserError } from "../core/errors.ts";
import { type RunOptions, run } from "../experiment/run.ts";
import type { RunReport } from "../experiment/run-report.ts";
import { slicedPace } from "../kernel/pace.ts";
import { timeWindows } from "../observe/time-windows.ts";
import { RequestsCsv } from "../report/requests-csv.ts";
import { runText } from "../report/run-text.ts";
import { timelineCsv } from "../report/timeline-csv.ts";
import { type WholeFile, withWholeFiles } from "../report/whole-file.ts";
import { readScenario } from "../scenario/read.ts";
import { type RunPlan, runPlan } from "../scenario/run-plan.ts";
import type { Scenario } from "../scenario/schema.ts";
import type { TracePlaces } from "../scenario/trace-file.ts";
import type { AdvanceMode } from "../serving/replica.ts";
import { checkDistinct } from "./distinct-files.ts";
import { seedOf, span, wholeNumber } from "./options.ts";
import { overridden } from "./overridden.ts";
import { withPolicy } from "./policy.ts";
import { scenarioFile } from "./scenario-file.ts";
import { tracePlaces } from "./trace-places.ts";

interface RunFlags {
  readonly json?: true;
  readonly output?: string;
  readonly requests?: string;
  readonly timeline?: string;
  readonly window?: number;
  readonly trace?: string;
  readonly policy?: string;
  readonly seed?: number | string;
  readonly limit?: number;
  readonly horizon?: number;
  readonly mode?: AdvanceMode;
  readonly live?: boolean;
}

/** What a shell reports of a program that Ctrl-C ended. */
const interruptedExitCode = 130;

const usualWindowSeconds = 10;

export function runCommand(): Command {
  return new Command("run")
    .description("run a scenario and report what it came to beside its closed form")
    .argument("<scenario>", "a scenario file, or the name of one that comes with batchyard")
    .option("--json", "print the report as JSON")
    .option("-o, --output <file>", "write the report to a file instead")
    .option("--requests <file>", "write one CSV line for each request")
    .option("--timeline <file>", "write one CSV line for each window of time")
    .option("--window <time>", "how wide the timeline's windows are (by default 10 s)", span)
    .option("--trace <file>", "the trace to replay, in place of the scenario's own file")
    .option("--policy <name>", "a policy in place of the scenario's own: a name, or a module that exports one")
    .option("--seed <seed>", "in place of the scenario's own", seedOf)
    .option("--limit <requests>", "end arrivals after so many requests", wholeNumber)
    .option("--horizon <time>", "end the run at this instant, such as `10 min`", span)
    .addOption(new Option("--mode <mode>", "how decode steps advance").choices(["leap", "step"]))
    .option("--live", "show the run as it goes on (the default in a terminal)")
    .option("--no-live", "only the report")
    .action(async (name: string, flags: RunFlags) => {
      const file = scenarioFile(name);
      const scenario = overridden(readScenario(file), flags);
      const places = tracePlaces(file, flags.trace);
      const plan = await planOf(scenario, places, flags.policy);
      checkFiles(flags);
      const paths = [flags.output, flags.requests, flags.timeline];
      await withWholeFiles(paths, async ([output, requests, timeline]) => {
        const report = await runWatched(plan, flags, [
          ...(requests === undefined ? [] : [requestsInto(requests)]),
          ...(timeline === undefined ? [] : [timelineInto(timeline, flags.window ?? usualWindowSeconds)]),
        ]);
        (output ?? process.stdout).write(flags.json ? `${JSON.stringify(report, null, 2)}\n` : runText(report));
      });
    });
}

async function planOf(scenario: Scenario, places: TracePlaces, policy: string | undefined): Promise<RunPlan> {
  if (policy === undefined) return runPlan(scenario, places);
  const inPlace = await withPolicy(scenario, policy);
  return runPlan(inPlace.scenario, places, { policy: inPlace.policy });
}

function checkFiles({ output, requests, timeline, window }: RunFlags): void {
  checkDistinct({ "--output": output, "--requests": requests, "--timeline": timeline });
  if (window !== undefined && timeline === undefined) {
    throw new UserError("--window", "is of no use by itself", "--timeline FILE beside it");
  }
}

type Beside = NonNullable<RunOptions["beside"]>;

/** Writes a line for each request while the run goes on. */
function requestsInto(file: WholeFile): Beside {
  const csv = new RequestsCsv((text) => file.write(text));
  return (events$) => events$.pipe(tap((event) => csv.on(event)));
}

/** Writes a line for each window of time when the run is over. */
function timelineInto(file: WholeFile, windowSeconds: number): Beside {
  return (events$) =>
    events$.pipe(
      timeWindows(windowSeconds),
      tap((windows) => {
        for (const line of timelineCsv(windows)) file.write(line);
      }),
    );
}

async function runWatched(plan: RunPlan, flags: RunFlags, writers: readonly Beside[]): Promise<RunReport> {
  const inTerminal = Boolean(process.stdout.isTTY && process.stdin.isTTY) && process.env.CI === undefined;
  if (!(flags.live ?? inTerminal)) {
    return run(plan, { pace: slicedPace(), stop$: interrupts(), beside: together(writers) });
  }
  // Drawing takes far longer to load than all else: only who watches waits for it.
  const { liveRun } = await import("../tui/live-run.tsx");
  const live = liveRun(plan);
  try {
    const stop$ = merge(live.stop$ ?? EMPTY, interrupts());
    const beside = together(live.beside === undefined ? writers : [...writers, live.beside]);
    return await run(plan, { ...live, stop$, beside });
  } finally {
    live.close();
  }
}

/** All of them, each seeing every event. */
function together(watchers: readonly Beside[]): Beside {
  return (events$) => merge(...watchers.map((watch) => watch(events$)));
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
