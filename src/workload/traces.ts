import { azure } from "./traces/azure.ts";
import { mooncake } from "./traces/mooncake.ts";
import { plain } from "./traces/plain.ts";
import type { TraceFormat } from "./traces/trace-format.ts";

/** Trace formats by name. A new one is one file and one entry here. */
export const traceFormats = { azure, mooncake, plain } as const satisfies Record<string, TraceFormat>;
export type TraceFormatName = keyof typeof traceFormats;
