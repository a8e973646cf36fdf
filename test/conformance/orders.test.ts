import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type OrderOptions, orders } from "../../src/serving/orders.ts";
import { jobs, placements, policyOptions } from "../laws/workloads.ts";
import { requestsOf, type Serving, serve } from "../serving/harness.ts";
import { always } from "./always.ts";
import { obey, workIsConserved } from "./laws.ts";

/** Options under which each order has something to decide. */
const optionsOf: Readonly<Record<string, fc.Arbitrary<Record<string, unknown>>>> = {
  fcfs: fc.constant({}),
  priority: fc.record({ preemptive: fc.boolean(), aging: fc.constantFrom(undefined, 0.05) }),
  "shortest-prompt": fc.constant({}),
  "shortest-output": fc.record({
    predictor: fc.constantFrom({ kind: "oracle" }, { kind: "noisy", cv: 1 }, { kind: "class-mean" }),
  }),
  srpt: fc.record({
    predictor: fc.constantFrom({ kind: "oracle" }, { kind: "noisy", cv: 1 }),
    preemptUntil: fc.constantFrom(0, 0.5, 1),
  }),
  "earliest-deadline": fc.constant({}),
};

/** Requests of two classes, told apart by whatever orders look at. */
const told = jobs.map((list) =>
  list.map((job, index) => ({
    ...job,
    className: index % 3 === 0 ? "urgent" : "patient",
    priority: index % 3 === 0 ? 0 : 3,
    slo: { ttftSeconds: index % 3 === 0 ? 0.01 : 1 },
  })),
);

const swaps = fc.constantFrom(undefined, {
  link: { latencySeconds: 1e-5, bytesPerSecond: 2e10 },
  kvBytesPerToken: 131_072,
  capacityTokens: 400,
});

describe.each(orders.names)("order %s", (by) => {
  const serving: fc.Arbitrary<Serving> = fc
    .record({
      jobs: told,
      placed: placements,
      policy: fc.oneof(...Object.values(policyOptions)),
      options: optionsOf[by]!,
      swap: swaps,
    })
    .map(({ placed, options, swap, ...run }) => {
      const order = { ...options, by } as unknown as OrderOptions;
      return { ...run, ...placed, order, ...(swap !== undefined && placed.stages === 1 && { swap }) };
    });

  test("obeys the laws of serving under every policy, leapt and stepped, and fares the same both ways (1e-9)", async () => {
    await always(
      serving,
      async (run) => {
        const leaps = await serve({ ...run, mode: "leap" });
        const steps = await serve({ ...run, mode: "step" });
        // Who is displaced depends on the order, and may be the first of those that run.
        const except = ["every step makes progress, and what is preempted is never the first of those that run"];
        obey({ serving: run, events: leaps }, except);
        obey({ serving: run, events: steps }, except);
        const stepped = requestsOf(steps);
        for (const [index, { preemptions, finishSeconds }] of requestsOf(leaps).entries()) {
          expect(preemptions).toBe(stepped[index]!.preemptions);
          const other = stepped[index]!.finishSeconds;
          if (Number.isNaN(other)) expect(finishSeconds).toBeNaN();
          else expect(Math.abs(finishSeconds - other)).toBeLessThanOrEqual(1e-9 * other);
        }
      },
      60,
    );
  });

  test("never idles while a request is in the system, with one stage", async () => {
    const oneStage = serving.filter(({ policy }) => policy!.name !== "dynamic").map((run) => ({ ...run, stages: 1 }));
    await always(oneStage, async (run) => workIsConserved({ serving: run, events: await serve(run) }), 40);
  });

  // An order that displaces lets one that lost its blocks come back in the place of one that arrived after it.
  test.skipIf(by === "srpt")("of requests that are all alike is first come first served, byte for byte", async () => {
    const alike = serving.map((run) => ({
      ...run,
      jobs: run.jobs!.map(({ arrivalSeconds }) => ({ arrivalSeconds, promptTokens: 40, outputTokens: 12 })),
    }));
    await always(
      alike,
      async (run) => {
        // A noisy predictor tells requests apart that are alike; the oracle does not.
        const { predictor, ...rest } = run.order as { predictor?: unknown };
        const order = {
          ...rest,
          preemptive: false,
          ...(predictor !== undefined && { predictor: { kind: "oracle" } }),
        } as OrderOptions;
        const events = await serve({ ...run, order });
        const inOrder = await serve({ ...run, order: { by: "fcfs" } });
        const plain = (told: typeof events) => JSON.stringify(told).replaceAll(/"predictedOutputTokens":[^,}]*/g, "");
        expect(plain(events)).toBe(plain(inOrder));
      },
      30,
    );
  });
});
