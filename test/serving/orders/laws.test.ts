import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { goesBefore } from "../../../src/serving/order.ts";
import { type OrderOptions, orders } from "../../../src/serving/orders.ts";
import { Request } from "../../../src/serving/request.ts";
import { jobs, orderOf, requestsOf, serveOneByOne, startOrder } from "./harness.ts";

/** Options to try of every order there is. */
const tried: Readonly<Record<keyof typeof orders.parts, readonly object[]>> = {
  fcfs: [{}],
  priority: [{}, { aging: 3 }, { preemptive: true }, { aging: 3, preemptive: true }],
  "shortest-prompt": [{}],
  "shortest-output": [{ predictor: { kind: "oracle" } }, { predictor: { kind: "noisy", cv: 0.5 } }],
  srpt: [
    { predictor: { kind: "oracle" } },
    { predictor: { kind: "noisy", cv: 1 } },
    { predictor: { kind: "class-mean" } },
    { predictor: { kind: "oracle" }, preemptUntil: 0.5 },
    { predictor: { kind: "oracle" }, preemptUntil: 0 },
  ],
  "earliest-deadline": [{}],
};

const all = Object.entries(tried).flatMap(([by, list]) => list.map((options) => ({ by, ...options })));
const read = (stated: object): OrderOptions => orders.schema.parse(stated);

describe.each(all.map((options) => [JSON.stringify(options), read(options)] as const))("the order %s", (_, options) => {
  test("gives every request a key, which does not grow as it emits", () => {
    fc.assert(
      fc.property(jobs, (list) => {
        const order = orderOf(options);
        for (const request of requestsOf(order, list)) {
          let last = Number.POSITIVE_INFINITY;
          for (let emitted = 0; emitted <= request.outputTokens; emitted++) {
            const key = order.key(request, emitted);
            expect(key).toBeLessThanOrEqual(last);
            last = key;
          }
        }
      }),
      { numRuns: 30 },
    );
  });

  test("does not see how long an output is but by its predictor", () => {
    fc.assert(
      fc.property(jobs, fc.nat({ max: 5 }), (list, emitted) => {
        const order = orderOf(options);
        for (const request of requestsOf(order, list)) {
          const { id, arrivalSeconds, predictedOutputTokens } = request;
          const longer = new Request(id, arrivalSeconds, { ...list[id]!, outputTokens: 1000 });
          longer.predictedOutputTokens = predictedOutputTokens;
          expect(order.key(longer, emitted)).toBe(order.key(request, emitted));
        }
      }),
      { numRuns: 30 },
    );
  });

  test("is first come first served among requests that are alike but for their arrival", () => {
    fc.assert(
      fc.property(jobs, (list) => {
        const alike = list.map(({ arrivalSeconds }) => ({ ...list[0]!, arrivalSeconds }));
        const order = orderOf(options);
        const requests = requestsOf(order, alike);
        // All predicted alike too: what a predictor errs by is not a matter of the order.
        for (const request of requests) request.predictedOutputTokens = 5;
        const backwards = [...requests].reverse();
        expect(startOrder(order, backwards)).toEqual(requests.map(({ id }) => id));
      }),
      { numRuns: 30 },
    );
  });

  test("serves every request, none sooner than its length allows, none later than all work takes", () => {
    fc.assert(
      fc.property(jobs, (list) => {
        const order = orderOf(options);
        const endSeconds = serveOneByOne(order, list);
        const work = list.reduce((sum, { outputTokens }) => sum + outputTokens, 0);
        expect(endSeconds.filter((seconds) => Number.isFinite(seconds))).toHaveLength(list.length);
        expect(Math.max(...endSeconds)).toBeLessThanOrEqual(list.at(-1)!.arrivalSeconds + work);
        for (const [id, { arrivalSeconds, outputTokens }] of list.entries()) {
          expect(endSeconds[id]).toBeGreaterThanOrEqual(arrivalSeconds + outputTokens);
        }
      }),
      { numRuns: 30 },
    );
  });
});

describe("orders that come to first come first served", () => {
  const same = { arrivalSeconds: 0, promptTokens: 5, outputTokens: 5 };
  test.each(all.filter(({ by }) => by !== "shortest-output" && by !== "srpt"))(
    "%o on a single kind of request",
    (stated) => {
      fc.assert(
        fc.property(jobs, (list) => {
          const alike = list.map(({ arrivalSeconds, outputTokens }) => ({ ...same, arrivalSeconds, outputTokens }));
          expect(serveOneByOne(orderOf(read(stated)), alike)).toEqual(serveOneByOne(orderOf({ by: "fcfs" }), alike));
        }),
        { numRuns: 50 },
      );
    },
  );
});

test("of two keys the smaller goes first, of equal ones the earlier arrival", () => {
  expect(goesBefore(1, 9, 2, 3)).toBe(true);
  expect(goesBefore(2, 3, 1, 9)).toBe(false);
  expect(goesBefore(1, 3, 1, 9)).toBe(true);
  expect(goesBefore(1, 9, 1, 3)).toBe(false);
  expect(goesBefore(Number.NEGATIVE_INFINITY, 3, Number.NEGATIVE_INFINITY, 9)).toBe(true);
});
