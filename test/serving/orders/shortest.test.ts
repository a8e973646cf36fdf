import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { OrderOptions } from "../../../src/serving/orders.ts";
import { type Job, jobs, orderOf, requestsOf, serveOneByOne, startOrder } from "./harness.ts";

const oracle = { kind: "oracle" } as const;
const srpt: OrderOptions = { by: "srpt", predictor: oracle, preemptUntil: 1 };
const rivals: readonly OrderOptions[] = [
  { by: "fcfs" },
  { by: "priority", preemptive: true },
  { by: "shortest-prompt" },
  { by: "shortest-output", predictor: oracle },
  { by: "srpt", predictor: { kind: "noisy", cv: 1 }, preemptUntil: 1 },
  { by: "srpt", predictor: oracle, preemptUntil: 0.3 },
  { by: "earliest-deadline" },
];

/** Σ of the seconds from arrival to end. */
function responseSeconds(options: OrderOptions, list: readonly Job[]): number {
  const endSeconds = serveOneByOne(orderOf(options), list);
  return list.reduce((sum, { arrivalSeconds }, id) => sum + endSeconds[id]! - arrivalSeconds, 0);
}

const backlog = jobs.map((list) => list.map((job) => ({ ...job, arrivalSeconds: 0 })));

describe("shortest first", () => {
  test("by prompt", () => {
    fc.assert(
      fc.property(jobs, (list) => {
        const order = orderOf({ by: "shortest-prompt" });
        const expected = list
          .map(({ promptTokens }, id) => ({ id, promptTokens }))
          .sort((one, other) => one.promptTokens - other.promptTokens || one.id - other.id);
        expect(startOrder(order, requestsOf(order, list))).toEqual(expected.map(({ id }) => id));
      }),
    );
  });

  test("by output as predicted when it arrived, also after a preemption", () => {
    const order = orderOf({ by: "shortest-output", predictor: oracle });
    const requests = requestsOf(
      order,
      [3, 9, 5].map((outputTokens) => ({ arrivalSeconds: 0, promptTokens: 1, outputTokens })),
    );
    requests[1]!.emittedTokens = 8;
    expect(startOrder(order, requests)).toEqual([0, 2, 1]);
    const remaining = orderOf(srpt);
    expect(startOrder(remaining, requests)).toEqual([1, 0, 2]);
  });

  test("by output no order of a backlog has a shorter mean response, without preemption (Smith 1956)", () => {
    fc.assert(
      fc.property(backlog, (list) => {
        const best = responseSeconds({ by: "shortest-output", predictor: oracle }, list);
        for (const rival of rivals) expect(responseSeconds(rival, list)).toBeGreaterThanOrEqual(best);
      }),
    );
  });

  test("by what remains no order has a shorter mean response, whatever comes when (Schrage 1968)", () => {
    fc.assert(
      fc.property(jobs, (list) => {
        const best = responseSeconds(srpt, list);
        for (const rival of rivals) expect(responseSeconds(rival, list)).toBeGreaterThanOrEqual(best);
      }),
      { numRuns: 200 },
    );
  });
});

describe("shortest remaining output", () => {
  const long = { arrivalSeconds: 0, promptTokens: 1, outputTokens: 10 };
  const short = { arrivalSeconds: 6, promptTokens: 1, outputTokens: 3 };

  test("displaces a sequence with more to go, and not one with less or as much", () => {
    expect(serveOneByOne(orderOf(srpt), [long, short])).toEqual([13, 9]);
    expect(serveOneByOne(orderOf(srpt), [long, { ...short, outputTokens: 4 }])).toEqual([10, 14]);
  });

  test("displaces none that has emitted more than its share of the prediction", () => {
    expect(serveOneByOne(orderOf({ ...srpt, preemptUntil: 0.6 }), [long, short])).toEqual([13, 9]);
    expect(serveOneByOne(orderOf({ ...srpt, preemptUntil: 0.5 }), [long, short])).toEqual([10, 13]);
  });

  test("without displacement is shortest output first", () => {
    fc.assert(
      fc.property(jobs, (list) => {
        const never = serveOneByOne(orderOf({ ...srpt, preemptUntil: 0 }), list);
        expect(never).toEqual(serveOneByOne(orderOf({ by: "shortest-output", predictor: oracle }), list));
      }),
    );
  });

  test("leaves alone a sequence that has outrun its prediction", () => {
    const order = orderOf(srpt);
    const [request] = requestsOf(order, [long]);
    request!.predictedOutputTokens = 4;
    expect([0, 3, 4, 5, 9].map((emitted) => order.key(request!, emitted))).toEqual([4, 1, 0, -Infinity, -Infinity]);
  });

  test("with a predictor that never errs is the oracle's", () => {
    fc.assert(
      fc.property(jobs, (list) => {
        const exact = serveOneByOne(orderOf({ ...srpt, predictor: { kind: "noisy", cv: 0 } }), list);
        expect(exact).toEqual(serveOneByOne(orderOf(srpt), list));
      }),
    );
  });
});
