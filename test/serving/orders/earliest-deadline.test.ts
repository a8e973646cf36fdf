import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ServiceLevel } from "../../../src/serving/request.ts";
import { type Job, jobs, orderOf, requestsOf, serveOneByOne, startOrder } from "./harness.ts";

const at = (arrivalSeconds: number, slo?: ServiceLevel): Job => ({
  arrivalSeconds,
  slo,
  promptTokens: 1,
  outputTokens: 1,
});

describe("earliest deadline first", () => {
  test("goes by arrival and TTFT, by E2E only without it, and by arrival alone where there is neither", () => {
    const order = orderOf({ by: "earliest-deadline" });
    const requests = requestsOf(order, [
      at(0),
      at(0, { tpotSeconds: 0.1 }),
      at(0, { e2eSeconds: 9 }),
      at(1, { ttftSeconds: 6, e2eSeconds: 1 }),
      at(5, { ttftSeconds: 1, tpotSeconds: 0.1 }),
      at(6, { ttftSeconds: 1 }),
    ]);
    expect(startOrder(order, requests)).toEqual([4, 3, 5, 2, 0, 1]);
  });

  test("of a backlog no order has a smaller greatest lateness, without preemption (Jackson 1955)", () => {
    const backlog = jobs.map((list) =>
      list.map((job, id) => ({ ...job, arrivalSeconds: 0, slo: { ttftSeconds: 1 + ((7 * id) % 11) } })),
    );
    fc.assert(
      fc.property(backlog, (list) => {
        const lateness = (endSeconds: readonly number[]) =>
          Math.max(...list.map(({ slo }, id) => endSeconds[id]! - slo.ttftSeconds));
        const best = lateness(serveOneByOne(orderOf({ by: "earliest-deadline" }), list));
        for (const by of ["fcfs", "shortest-prompt"] as const) {
          expect(lateness(serveOneByOne(orderOf({ by }), list))).toBeGreaterThanOrEqual(best);
        }
      }),
    );
  });
});
