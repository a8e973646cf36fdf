import { filter, map, merge } from "rxjs";
import { InvariantError } from "../core/errors.ts";
import type { RandomStreams } from "../core/random.ts";
import type { ServiceLevel } from "../serving/request.ts";
import type { RequestSource } from "../serving/serving-model.ts";
import type { ArrivalProcess } from "./arrivals/arrival-process.ts";
import { type ArrivalOptions, arrivals } from "./arrivals.ts";
import { type LengthOptions, lengths } from "./lengths.ts";
import { independentLengths, type LengthStreams, pairedLengths, type RequestLengths } from "./request-lengths.ts";
import type { TraceRow } from "./traces/trace-format.ts";
import type { TraceFile } from "./traces.ts";

/** What a scenario says of one class of traffic. */
export interface TrafficOptions {
  /** Absent where a workload has no classes. */
  readonly name?: string | undefined;
  readonly arrivals: ArrivalOptions;
  readonly prompt?: LengthOptions | undefined;
  readonly output?: LengthOptions | undefined;
  /** A trace from which prompts and outputs are drawn in pairs. */
  readonly lengths?: TraceFile | undefined;
  readonly priority?: number | undefined;
  readonly slo?:
    | { readonly ttft?: number | undefined; readonly tpot?: number | undefined; readonly e2e?: number | undefined }
    | undefined;
}

/** One class of traffic made ready. */
export interface Traffic {
  readonly name: string | undefined;
  readonly process: ArrivalProcess;
  /** The trace that it replays; empty where it replays none. */
  readonly rows: readonly TraceRow[];
  /** Undefined for a trace that is replayed: it brings its own. */
  readonly lengths: RequestLengths | undefined;
  readonly priority: number | undefined;
  readonly slo: ServiceLevel | undefined;
}

/** Makes a class of traffic ready, with a reader for the traces that it names. */
export function trafficOf(options: TrafficOptions, readTrace: (file: TraceFile) => readonly TraceRow[]): Traffic {
  const { name, prompt, output, priority, slo } = options;
  const chosen = options.arrivals;
  return {
    name,
    process: arrivals.build(chosen),
    rows: chosen.process === "trace" ? readTrace(chosen) : [],
    lengths:
      options.lengths !== undefined
        ? pairedLengths(readTrace(options.lengths))
        : prompt && output && independentLengths(lengths.build(prompt), lengths.build(output)),
    priority,
    slo: serviceLevel(slo),
  };
}

/** What a class promises to its requests, by what a scenario says of it. */
export function serviceLevel(slo: TrafficOptions["slo"]): ServiceLevel | undefined {
  return (
    slo && {
      ...(slo.ttft !== undefined && { ttftSeconds: slo.ttft }),
      ...(slo.tpot !== undefined && { tpotSeconds: slo.tpot }),
      ...(slo.e2e !== undefined && { e2eSeconds: slo.e2e }),
    }
  );
}

/** All classes of traffic together, each with streams of its own, so that one more or less leaves the others as they were. */
export function superposition(classes: readonly Traffic[], streams: RandomStreams): RequestSource {
  return (time, ended$) => merge(...classes.map((one) => requestsOf(one, streams)(time, ended$)));
}

function requestsOf({ name, process, rows, lengths, priority, slo }: Traffic, streams: RandomStreams): RequestSource {
  const stream = (purpose: string, part?: string) =>
    streams([purpose, name, part].filter((word) => word !== undefined).join("/"));
  const lengthStreams: LengthStreams = (part) => stream("lengths", part);
  const draw = lengths?.sampler(lengthStreams) ?? drawsNothing;
  const random = stream("arrivals");
  return (time, ended$) => {
    if (name === undefined) return process.arrivals({ time, ended$, random, draw, rows });
    const own$ = ended$.pipe(filter(({ className }) => className === name));
    const traits = { className: name, ...(priority !== undefined && { priority }), ...(slo && { slo }) };
    return process
      .arrivals({ time, ended$: own$, random, draw, rows, className: name })
      .pipe(map((spec) => ({ ...spec, ...traits })));
  };
}

function drawsNothing(): never {
  throw new InvariantError("a trace brings its own lengths");
}
