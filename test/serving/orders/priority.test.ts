import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { jobs, orderOf, requestsOf, serveOneByOne, startOrder } from "./harness.ts";

describe("by priority", () => {
  test("the smaller number starts first, first come first served within one", () => {
    fc.assert(
      fc.property(jobs, (list) => {
        const order = orderOf({ by: "priority", preemptive: false });
        const expected = list
          .map(({ priority }, id) => ({ id, priority: priority! }))
          .sort((one, other) => one.priority - other.priority || one.id - other.id);
        expect(startOrder(order, requestsOf(order, list))).toEqual(expected.map(({ id }) => id));
      }),
    );
  });

  test("with aging, none is overtaken by one that arrived more than aging for each level after it", () => {
    fc.assert(
      fc.property(jobs, fc.integer({ min: 1, max: 40 }), (list, sixteenths) => {
        const aging = sixteenths / 16;
        const order = orderOf({ by: "priority", aging, preemptive: false });
        const started = startOrder(order, requestsOf(order, list));
        for (const [place, id] of started.entries()) {
          const overtaken = list[id]!;
          for (const other of started.slice(0, place).map((before) => list[before]!)) {
            const levels = overtaken.priority! - other.priority!;
            expect(other.arrivalSeconds - overtaken.arrivalSeconds).toBeLessThanOrEqual(levels * aging);
          }
        }
      }),
    );
  });

  test("without aging a request waits as long as more urgent ones keep coming, with it no longer than it says", () => {
    const late = { arrivalSeconds: 0, promptTokens: 1, outputTokens: 1, priority: 2 };
    const urgent = Array.from({ length: 50 }, (_, second) => ({ ...late, arrivalSeconds: second, priority: 0 }));
    const list = [late, ...urgent];
    expect(serveOneByOne(orderOf({ by: "priority", preemptive: false }), list)[0]).toBe(51);
    // Two levels at 5 s each: those that come until 9 s go before it; that of 10 s has the same key and came later.
    expect(serveOneByOne(orderOf({ by: "priority", aging: 5, preemptive: false }), list)[0]).toBe(11);
  });

  test("with preemption an urgent request takes the place of a running one at once", () => {
    const long = { arrivalSeconds: 0, promptTokens: 1, outputTokens: 10, priority: 1 };
    const urgent = { arrivalSeconds: 3, promptTokens: 1, outputTokens: 2, priority: 0 };
    expect(serveOneByOne(orderOf({ by: "priority", preemptive: true }), [long, urgent])).toEqual([12, 5]);
    expect(serveOneByOne(orderOf({ by: "priority", preemptive: false }), [long, urgent])).toEqual([10, 12]);
  });
});
