import fc from "fast-check";
import { take } from "rxjs";
import { expect, test } from "vitest";
import { randomStreams } from "../../src/core/random.ts";
import type { ServingEvent } from "../../src/serving/events.ts";
import { arrivals } from "../../src/workload/arrivals.ts";
import { requestsOf, type Serving, serve } from "../serving/harness.ts";
import { deployments, jobs } from "./workloads.ts";

const relative = (a: number, b: number) => (a === b ? 0 : Math.abs(a - b) / Math.max(Math.abs(a), Math.abs(b)));

/** Everything additive that observers are told, which must not depend on how steps are bundled. */
function totals(events: readonly ServingEvent[]): Record<string, number> {
  const sum: Record<string, number> = {};
  const add = (name: string, amount: number) => {
    sum[name] = (sum[name] ?? 0) + amount;
  };
  for (const event of events) {
    if (event.kind !== "advance") continue;
    add("steps", event.steps);
    add("tokens", event.decoding * event.steps + event.prefilled.length);
    add("decodePairs", event.decodePairs);
    add("kvTokenSeconds", event.kvTokenSeconds);
    add("computeSeconds", event.run.computeSeconds(event.steps));
    add("memorySeconds", event.run.memorySeconds(event.steps));
    add("batchSeconds", event.decoding * (event.atSeconds - event.sinceSeconds));
    add("firstStageSeconds", event.run.firstStageSeconds(event.steps));
    // From token to token: what the first of the steps waited to start, and the steps.
    if (event.steps > 0) {
      add("itlSeconds", (event.decoding - event.freshSeconds.length) * (event.startSeconds - event.sinceSeconds));
      for (const lastSeconds of event.freshSeconds) add("itlSeconds", event.startSeconds - lastSeconds);
    }
    event.run.eachStretch(event.steps, (firstSeconds, growthSeconds, steps) => {
      add("itlSeconds", event.decoding * (firstSeconds * steps + (growthSeconds * steps * (steps - 1)) / 2));
    });
  }
  return sum;
}

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
