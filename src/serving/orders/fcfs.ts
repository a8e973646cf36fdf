import { z } from "zod";
import { part } from "../../core/catalogue.ts";
import type { OrderMaker, QueueOrder } from "../order.ts";

/**
 * First come first served, as vLLM (`--scheduling-policy fcfs`) and Orca serve: requests start in order of arrival, and one
 * that was preempted goes before all that arrived after it.
 */
export const firstComeFirstServed: QueueOrder = { preemptive: false, key: () => 0 };

export const fcfs = part({
  summary: "first come first served",
  options: z.strictObject({}),
  build: (): OrderMaker => () => firstComeFirstServed,
});
