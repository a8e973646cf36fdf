import { z } from "zod";
import { quantity } from "../core/quantity.ts";
import { arrivals } from "../workload/arrivals.ts";
import { lengths } from "../workload/lengths.ts";
import { traceFileOptions } from "../workload/traces.ts";
import type { TrafficOptions } from "../workload/traffic.ts";

const requestLengths = {
  prompt: lengths.schema.optional().describe("prompt tokens of a request; a trace brings its own"),
  output: lengths.schema.optional().describe("output tokens of a request; a trace brings its own"),
  lengths: z
    .strictObject(traceFileOptions)
    .optional()
    .describe("in place of prompt and output: both from one request of a trace, drawn at random"),
} as const;

const target = quantity("seconds", { positive: true }).optional();

const trafficClass = z.strictObject({
  name: z.string().min(1),
  arrivals: arrivals.schema,
  ...requestLengths,
  priority: z.int().optional().describe("the smaller, the sooner; 0 where left out"),
  slo: z
    .strictObject({ ttft: target, tpot: target, e2e: target })
    .refine((targets) => Object.values(targets).some((seconds) => seconds !== undefined), {
      error: "has no target",
      params: { allowed: "ttft, tpot, e2e" },
    })
    .optional()
    .describe("latencies that a request of this class should not exceed"),
});

export const workloadSchema = z.strictObject({
  arrivals: arrivals.schema.optional(),
  ...requestLengths,
  classes: z.array(trafficClass).min(1).optional().describe("several kinds of traffic at once, in place of the above"),
});

export type Workload = z.output<typeof workloadSchema>;

/** The classes of a workload that has been checked; one without a name where it has no classes. */
export function trafficClasses({ classes, ...single }: Workload): readonly TrafficOptions[] {
  return classes ?? [single as TrafficOptions];
}

/** What no single field of a workload shows to be wrong. */
export function workloadContradiction({ classes, ...single }: Workload) {
  if (classes === undefined) return classContradiction(single, "workload");
  const beside = Object.entries(single).find(([, value]) => value !== undefined);
  if (beside !== undefined) {
    return { where: `workload.${beside[0]}`, what: "stands beside classes", allowed: "one or the other" };
  }
  for (const [place, one] of classes.entries()) {
    if (classes.findIndex(({ name }) => name === one.name) !== place) {
      return {
        where: `workload.classes[${place}].name`,
        what: `there are two ${one.name}`,
        allowed: "names of their own",
      };
    }
    const problem = classContradiction(one, `workload.classes[${place}]`);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function classContradiction(one: Omit<Workload, "classes">, where: string) {
  if (one.arrivals === undefined) {
    return { where: `${where}.arrivals`, what: "is missing", allowed: "an arrival process, or `classes`" };
  }
  const isTrace = one.arrivals.process === "trace";
  if (isTrace && one.lengths !== undefined) {
    return { where: `${where}.lengths`, what: "a trace brings its own lengths", allowed: "leave it out" };
  }
  for (const part of ["prompt", "output"] as const) {
    if (one[part] !== undefined && isTrace) {
      return { where: `${where}.${part}`, what: "a trace brings its own lengths", allowed: "leave it out" };
    }
    if (one[part] !== undefined && one.lengths !== undefined) {
      return { where: `${where}.${part}`, what: "stands beside lengths, which gives it", allowed: "one or the other" };
    }
    if (one[part] === undefined && !isTrace && one.lengths === undefined) {
      return { where: `${where}.${part}`, what: "is missing", allowed: "a length distribution" };
    }
  }
  return undefined;
}
