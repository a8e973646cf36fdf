import { z } from "zod";
import { azure } from "./traces/azure.ts";
import { burstgpt } from "./traces/burstgpt.ts";
import { mooncake } from "./traces/mooncake.ts";
import { plain } from "./traces/plain.ts";
import type { TraceFormat } from "./traces/trace-format.ts";

/** Trace formats by name. A new one is one file and one entry here. */
export const traceFormats = { azure, burstgpt, mooncake, plain } as const satisfies Record<string, TraceFormat>;
export type TraceFormatName = keyof typeof traceFormats;

/** How a scenario names a trace. */
export const traceFileOptions = {
  format: z.enum(Object.keys(traceFormats) as [string, ...string[]]),
  file: z.string().min(1).describe("beside the scenario, or in the folder that BATCHYARD_TRACES names"),
} as const;

export interface TraceFile {
  readonly format: string;
  readonly file: string;
}
