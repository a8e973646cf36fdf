import fc from "fast-check";
import { take } from "rxjs";
import { expect, test } from "vitest";
import { randomStreams } from "../../src/core/random.ts";
import { arrivals } from "../../src/workload/arrivals.ts";
import { requestsOf, type Serving, serve } from "../serving/harness.ts";
import { relative, totals } from "./totals.ts";
import { deployments, jobs } from "./workloads.ts";

async function expectAlike(serving: Serving): Promise<void> {
  const leaps = await serve({ ...serving, mode: "leap" });
  const steps = await serve({ ...serving, mode: "step" });
  const leapt = requestsOf(leaps);
  requestsOf(steps).forEach((request, index) => {
    const other = leapt[index]!;
    expect(other.preemptions).toBe(request.preemptions);
    if (!Number.isNaN(request.firstTokenSeconds) || !Number.isNaN(other.firstTokenSeconds)) {
      expect(relative(other.firstTokenSeconds, request.firstTokenSeconds)).toBeLessThan(1e-9);
    }
    if (!Number.isNaN(request.finishSeconds) || !Number.isNaN(other.finishSeconds)) {
      expect(relative(other.finishSeconds, request.finishSeconds)).toBeLessThan(1e-9);
    }
  });
  const expected = totals(steps);
  for (const [name, amount] of Object.entries(totals(leaps))) {
    expect(relative(amount, expected[name] ?? Number.NaN), name).toBeLessThan(1e-9);
  }
}

test("leaping and stepping give every request the same times (1e-9) and the same counts", async () => {
  await fc.assert(
    fc.asyncProperty(
      jobs,
      deployments,
      fc.option(fc.double({ min: 0.01, max: 3, noNaN: true })),
      (list, deployment, horizon) =>
        expectAlike({ jobs: list, ...deployment, ...(horizon !== null && { horizonSeconds: horizon }) }),
    ),
    { numRuns: 300 },
  );
});

test.each([2, 3])("%i stages, microbatches that wait behind prompts: alike wherever the run is cut", async (stages) => {
  const list = Array.from({ length: 12 }, (_, index) => ({
    arrivalSeconds: 0.012 * index,
    promptTokens: 1 + 400 * (index % 3),
    outputTokens: 8 + index,
  }));
  for (let cut = 1; cut <= 400; cut++) {
    await expectAlike({ jobs: list, stages, maxSequences: 12, horizonSeconds: 0.0006 * cut });
  }
});

test("closed loops fare the same leapt and stepped (1e-9), think time or none", async () => {
  const loops = fc.record({
    users: fc.integer({ min: 1, max: 20 }),
    thinkTime: fc.constantFrom(0, 0.003, 0.4),
    thinkDistribution: fc.constantFrom("constant" as const, "exponential" as const),
    seed: fc.integer({ min: 1, max: 1_000 }),
  });
  await fc.assert(
    fc.asyncProperty(loops, deployments, async ({ seed, ...loop }, deployment) => {
      const finishes = async (mode: "leap" | "step") => {
        const random = randomStreams(seed);
        const lengths = random("lengths");
        const draw = () => ({
          promptTokens: 1 + Math.floor(90 * lengths()),
          outputTokens: 1 + Math.floor(40 * lengths()),
        });
        const process = arrivals.build({ process: "closed-loop", ...loop });
        const events = await serve({
          ...deployment,
          mode,
          requests: (time, ended$) =>
            process.arrivals({ time, ended$, random: random("think"), draw, rows: [] }).pipe(take(60)),
        });
        return requestsOf(events).map(({ finishSeconds }) => finishSeconds);
      };
      const [leaps, steps] = [await finishes("leap"), await finishes("step")];
      expect(leaps.length).toBe(steps.length);
      steps.forEach((seconds, index) => {
        if (!Number.isNaN(seconds)) expect(relative(leaps[index]!, seconds)).toBeLessThan(1e-9);
      });
    }),
    { numRuns: 100 },
  );
});

test("a leap takes fewer events than its steps", async () => {
  const one = [{ arrivalSeconds: 0, promptTokens: 100, outputTokens: 10_000 }];
  const events = await serve({ jobs: one, mode: "leap" });
  expect(events.filter(({ kind }) => kind === "advance")).toHaveLength(2);
});
