import type { z } from "zod";
import { catalogue } from "../core/catalogue.ts";
import { batch } from "./arrivals/batch.ts";
import { closedLoop } from "./arrivals/closed-loop.ts";
import { sessions } from "./arrivals/sessions.ts";
import { trace } from "./arrivals/trace.ts";
import { instants } from "./instants.ts";

/** Arrival processes by name. A new one is one file and one entry here, or with the instants if others may build on it. */
export const arrivals = catalogue("process", {
  ...instants.parts,
  batch,
  "closed-loop": closedLoop,
  sessions,
  trace,
});
export type ArrivalOptions = z.infer<typeof arrivals.schema>;
