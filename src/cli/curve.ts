import { availableParallelism } from "node:os";
import { Command } from "commander";
import { curve } from "../experiment/curve.ts";
import { defaultPrecision, pilotRuns } from "../experiment/study.ts";
import { withCrew } from "../experiment/worker-crew.ts";
import { curveCsv } from "../report/curve-csv.ts";
import { curveText } from "../report/curve-text.ts";
import { withWholeFiles } from "../report/whole-file.ts";
import { readScenario } from "../scenario/read.ts";
import { checkDistinct } from "./distinct-files.ts";
import { loadList, seedOf, share, span, wholeNumber } from "./options.ts";
import { overridden } from "./overridden.ts";
import { scenarioFile } from "./scenario-file.ts";
import { endOfProgress, told } from "./told.ts";
import { tracePlaces } from "./trace-places.ts";

interface CurveFlags {
  readonly loads: readonly number[];
  readonly json?: true;
  readonly csv?: string;
  readonly svg?: string;
  readonly trace?: string;
  readonly seed?: string | number;
  readonly limit?: number;
  readonly level: number;
  readonly tpot: number;
  readonly ttft: number;
  readonly runs: number;
  readonly budget: number;
  readonly workers: number;
}

/** A curve has many points, each known less exactly than a check knows its one. */
const wanted = { meanTpot: 0.02, p99Ttft: 0.1, runs: 200, wallSeconds: 20 } as const;

export function curveCommand(): Command {
  return new Command("curve")
    .description("run a scenario at several loads: speed, latency and price, beside what is predicted and the frontier")
    .argument("<scenario>", "a scenario file, or the name of one that comes with batchyard")
    .option(
      "--loads <loads>",
      "shares of capacity: `0.3,0.5,0.9`, or a range in tenths",
      loadList,
      loadList("0.1..1.1"),
    )
    .option("--json", "print JSON")
    .option("--csv <file>", "also write a line for each load")
    .option("--svg <file>", "also write a picture")
    .option("--trace <file>", "the trace to replay, in place of the scenario's own file")
    .option("--seed <seed>", "in place of the scenario's own", seedOf)
    .option("--limit <requests>", "requests of each run, in place of the scenario's own", wholeNumber)
    .option("--level <share>", "confidence level of the intervals", share, defaultPrecision.level)
    .option("--tpot <share>", "half-width wanted of the mean TPOT", share, wanted.meanTpot)
    .option("--ttft <share>", "half-width wanted of the 99th percentile of TTFT", share, wanted.p99Ttft)
    .option(
      "--runs <number>",
      `most independent runs to measure for each load, beside ${pilotRuns} that tell the warm-up`,
      wholeNumber,
      wanted.runs,
    )
    .option("--budget <time>", "no run of a load is started after so long", span, wanted.wallSeconds)
    .option("--workers <number>", "threads that make runs; the report is the same", wholeNumber, availableParallelism())
    .action(async (name: string, flags: CurveFlags) => {
      const file = scenarioFile(name);
      const { level, tpot, ttft, runs, budget } = flags;
      const scenario = overridden(readScenario(file), flags);
      const { minimum } = defaultPrecision.budget;
      checkDistinct({ "--csv": flags.csv, "--svg": flags.svg });
      await withWholeFiles([flags.csv, flags.svg], async ([csv, svg]) => {
        const report = await withCrew(flags.workers, (crew) =>
          curve(scenario, {
            places: tracePlaces(file, flags.trace),
            ...(crew !== undefined && { crew }),
            loads: flags.loads,
            precision: {
              level,
              meanTpot: tpot,
              p99Ttft: ttft,
              budget: { minimum: Math.min(minimum, runs), maximum: runs },
              wallSeconds: budget,
            },
            onProgress: (what, progress) => told(`${scenario.name}, ${what}`)(progress),
          }),
        );
        endOfProgress();
        csv?.write(curveCsv(report));
        // The chart library takes a while to load, and few ask for it.
        if (svg !== undefined) svg.write((await import("../report/curve-svg.ts")).curveSvg(report));
        process.stdout.write(flags.json ? `${JSON.stringify(report, null, 2)}\n` : curveText(report));
      });
    });
}
