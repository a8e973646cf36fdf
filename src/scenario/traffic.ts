import { UserError } from "../core/errors.ts";
import { type Traffic, trafficOf } from "../workload/traffic.ts";
import type { Scenario } from "./schema.ts";
import { readTrace, type TracePlaces } from "./trace-file.ts";
import { trafficClasses } from "./workload-schema.ts";

/**
 * The traffic of a scenario, its traces read and cut to the requests that a run takes. Throws `UserError` for a trace that
 * is missing or malformed, and for `--trace` where it is not clear which trace it is to replace.
 */
export function scenarioTraffic(scenario: Scenario, places: TracePlaces): readonly Traffic[] {
  const { workload, run, name } = scenario;
  const classes = trafficClasses(workload);
  const named = classes.flatMap(({ arrivals, lengths }) => [
    ...(arrivals.process === "trace" ? [arrivals.file] : []),
    ...(lengths === undefined ? [] : [lengths.file]),
  ]);
  if (places.traceFile !== undefined && new Set(named).size !== 1) {
    const what = named.length === 0 ? "does not replay a trace" : `names several traces: ${named.join(", ")}`;
    throw new UserError("--trace", `${name} ${what}`, "a scenario with arrivals of process trace");
  }
  return classes.map((one) => {
    const traffic = trafficOf(one, ({ format, file }) => readTrace(format, file, places));
    return { ...traffic, rows: traffic.rows.slice(0, run.requests) };
  });
}
