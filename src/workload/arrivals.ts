import type { z } from "zod";
import { catalogue } from "../core/catalogue.ts";
import { closedLoop } from "./arrivals/closed-loop.ts";
import { poisson } from "./arrivals/poisson.ts";
import { trace } from "./arrivals/trace.ts";

/** Arrival processes by name. A new one is one file and one entry here. */
export const arrivals = catalogue("process", { poisson, "closed-loop": closedLoop, trace });
export type ArrivalOptions = z.infer<typeof arrivals.schema>;
