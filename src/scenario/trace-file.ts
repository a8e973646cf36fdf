import { readFileSync, statSync } from "node:fs";
import { basename, dirname, isAbsolute, join } from "node:path";
import { UserError } from "../core/errors.ts";
import type { TraceRow } from "../workload/traces/trace-format.ts";
import { type TraceFormatName, traceFormats } from "../workload/traces.ts";

/** Where traces may lie. */
export interface TracePlaces {
  /** The scenario's own file: traces are looked for beside it first. */
  readonly scenarioFile?: string;
  /** A file to use in place of the one that the scenario names. */
  readonly traceFile?: string;
  /** A folder of traces that are not the project's own. */
  readonly tracesFolder?: string;
}

/** Reads the trace that a scenario names. Throws `UserError` that says where a missing trace can be had. */
export function readTrace(format: string, file: string, places: TracePlaces): readonly TraceRow[] {
  const { columns, source, parse } = traceFormats[format as TraceFormatName];
  const found = candidates(file, places).find(isFile);
  if (found === undefined) {
    throw new UserError(
      "workload.arrivals.file",
      `there is no trace ${places.traceFile ?? file}`,
      `${columns}. Such a trace: ${source}. Give it with --trace FILE or put it in the folder that BATCHYARD_TRACES names`,
    );
  }
  return parse(readFileSync(found, "utf8"), basename(found));
}

/** Whether there is something to read; a pipe will do, a folder will not. */
function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === false;
}

function candidates(file: string, { scenarioFile, traceFile, tracesFolder }: TracePlaces): string[] {
  if (traceFile !== undefined) return [traceFile];
  if (isAbsolute(file)) return [file];
  return [
    ...(scenarioFile === undefined ? [file] : [join(dirname(scenarioFile), file)]),
    ...(tracesFolder === undefined ? [] : [join(tracesFolder, basename(file))]),
  ];
}
