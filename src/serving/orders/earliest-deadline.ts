import { z } from "zod";
import { part } from "../../core/catalogue.ts";
import type { OrderMaker } from "../order.ts";
import type { RequestView } from "../request.ts";

/**
 * Earliest deadline first (Liu and Layland 1973), without preemption: as SCORPIO (Tang et al. 2025) orders its queue by TTFT
 * deadlines, though none is turned away because it cannot be met. A request's deadline is its arrival plus its class's target
 * for TTFT, or for E2E where only that is given. Those without either have none: they come last, in order of arrival.
 */
export const earliestDeadline = part({
  summary: "earliest deadline first: arrival plus the target for TTFT, or else E2E, of the request's class",
  options: z.strictObject({}),
  build: (): OrderMaker => () => ({ preemptive: false, key: deadlineSeconds }),
});

function deadlineSeconds({ arrivalSeconds, slo }: RequestView): number {
  return arrivalSeconds + (slo?.ttftSeconds ?? slo?.e2eSeconds ?? Number.POSITIVE_INFINITY);
}
