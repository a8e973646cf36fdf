import type { z } from "zod";
import { catalogue } from "../core/catalogue.ts";
import { earliestDeadline } from "./orders/earliest-deadline.ts";
import { fcfs } from "./orders/fcfs.ts";
import { priority } from "./orders/priority.ts";
import { shortestOutput } from "./orders/shortest-output.ts";
import { shortestPrompt } from "./orders/shortest-prompt.ts";
import { srpt } from "./orders/srpt.ts";

/** Orders of the waiting queue by name. A new one is one file and one entry here. */
export const orders = catalogue("by", {
  fcfs,
  priority,
  "shortest-prompt": shortestPrompt,
  "shortest-output": shortestOutput,
  srpt,
  "earliest-deadline": earliestDeadline,
});
export type OrderOptions = z.infer<typeof orders.schema>;
