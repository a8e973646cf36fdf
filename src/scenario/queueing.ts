import type { Scenario } from "./schema.ts";
import { trafficClasses } from "./workload-schema.ts";

/** What is asked of the queue that the workload does not bear. */
export function queueingContradiction({ order, admission, workload }: Scenario) {
  const classes = trafficClasses(workload);
  if (order.by === "priority" && classes.every(({ priority }) => priority === undefined)) {
    return {
      where: "order.by",
      what: "no class of traffic has a priority",
      allowed: "workload.classes with priority, or another order",
    };
  }
  if (order.by === "earliest-deadline" && classes.every(({ slo }) => slo === undefined)) {
    return {
      where: "order.by",
      what: "no class of traffic has a target for its latency",
      allowed: "workload.classes with slo, or another order",
    };
  }
  const asksAtOnce = classes.some(
    ({ arrivals }) => arrivals.process === "closed-loop" && (arrivals as { thinkTime?: number }).thinkTime === 0,
  );
  if (admission.kind !== "unlimited" && asksAtOnce) {
    return {
      where: "admission",
      what: "users who do not think would ask again and again at the instant at which they are turned away",
      allowed: "kind: unlimited, or a thinkTime above 0",
    };
  }
  return undefined;
}
