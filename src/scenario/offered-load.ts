import { UserError } from "../core/errors.ts";
import type { Scenario } from "./schema.ts";

/** Options of an arrival process, of the instants of another, or of a rate over time: each with what sets its rate. */
type Options = Readonly<Record<string, unknown>>;

const ratesOf: Readonly<Record<string, readonly string[]>> = {
  poisson: ["rate"],
  deterministic: ["rate"],
  gamma: ["rate"],
  weibull: ["rate"],
  mmpp: ["states"],
  profile: ["rate"],
  batch: ["instants"],
  sessions: ["starts"],
  diurnal: ["mean"],
  square: ["high", "low"],
  state: ["rate"],
};

/** The scenario with so many times as many requests each second. Throws `UserError` where arrivals have no rate to change. */
export function offering(scenario: Scenario, factor: number): Scenario {
  const { workload } = scenario;
  const one = (arrivals: unknown, where: string) => faster(arrivals as Options, factor, where);
  const scaled =
    workload.classes === undefined
      ? { ...workload, arrivals: one(workload.arrivals, "workload.arrivals") }
      : {
          ...workload,
          classes: workload.classes.map((each, place) => ({
            ...each,
            arrivals: one(each.arrivals, `workload.classes[${place}].arrivals`),
          })),
        };
  return { ...scenario, workload: scaled as Scenario["workload"] };
}

function faster(options: Options, factor: number, where: string): Options {
  const kind = String(options.process ?? options.shape ?? "state");
  if (kind === "trace") return { ...options, timeScale: (options.timeScale as number) / factor };
  const names = ratesOf[kind];
  if (names === undefined) {
    const why =
      kind === "closed-loop"
        ? "users wait for their answers: they offer no load that"
        : `${kind} arrivals have no one rate that`;
    const what = `${why} could be changed`;
    throw new UserError(where, what, `${Object.keys(ratesOf).slice(0, 8).join(", ")}, or a trace`);
  }
  const times = (value: unknown): unknown => {
    if (typeof value === "number") return factor * value;
    return Array.isArray(value)
      ? value.map((each) => faster(each, factor, where))
      : faster(value as Options, factor, where);
  };
  return { ...options, ...Object.fromEntries(names.map((name) => [name, times(options[name])])) };
}
