import fc from "fast-check";
import { expect, test } from "vitest";
import type { ServingEvent } from "../../src/serving/events.ts";
import { requestsOf, serve, smallStepTime } from "../serving/harness.ts";
import { deployments, jobs } from "./workloads.ts";

const modes = fc.constantFrom("leap" as const, "step" as const);
const horizons = fc.option(fc.double({ min: 0.005, max: 2, noNaN: true }), { nil: undefined });

/** Rounding of sums of step times is allowed for, nothing else. */
const atLeast = (bound: number) => bound * (1 - 1e-12);

test("every request ends exactly once or is counted unfinished, and emits the tokens it was asked for", async () => {
  await fc.assert(
    fc.asyncProperty(jobs, deployments, modes, horizons, async (list, deployment, mode, horizon) => {
      const events = await serve({
        jobs: list,
        ...deployment,
        mode,
        ...(horizon !== undefined && { horizonSeconds: horizon }),
      });
      const ends = new Map<number, number>();
      let emitted = 0;
      for (const event of events) {
        if (event.kind === "finish" || event.kind === "rejection") {
          ends.set(event.request.id, (ends.get(event.request.id) ?? 0) + 1);
        }
        if (event.kind === "advance") emitted += event.steps * event.decoding + event.prefilled.length;
      }
      const came = list.filter(({ arrivalSeconds }) => horizon === undefined || arrivalSeconds <= horizon);
      const requests = requestsOf(events);
      expect(requests.length).toBe(came.length);
      expect([...ends.values()].every((times) => times === 1)).toBe(true);
      if (horizon === undefined) {
        expect(ends.size).toBe(requests.length);
        const served = requests.filter(({ finishSeconds }) => !Number.isNaN(finishSeconds));
        expect(emitted).toBe(served.reduce((sum, { outputTokens }) => sum + outputTokens, 0));
        for (const request of served) expect(request.emittedTokens).toBe(request.outputTokens);
      }
      expect(events.at(-1)?.kind).toBe("end");
    }),
    { numRuns: 300 },
  );
});

test("the clock never turns back, and no token comes before the prompt's bound", async () => {
  await fc.assert(
    fc.asyncProperty(jobs, deployments, modes, async (list, deployment, mode) => {
      const events = await serve({ jobs: list, ...deployment, mode });
      for (let index = 1; index < events.length; index++) {
        expect(events[index]!.atSeconds).toBeGreaterThanOrEqual(events[index - 1]!.atSeconds);
      }
      const stepTime = smallStepTime(deployment.stages, deployment.cut);
      for (const request of requestsOf(events)) {
        if (Number.isNaN(request.firstTokenSeconds)) continue;
        const p = request.promptTokens;
        const bound = stepTime.time({
          tokens: p,
          attentionPairs: (p * (p - 1)) / 2,
          kvTokensRead: 0,
          sequences: 1,
          outputs: 1,
        });
        expect(request.firstTokenSeconds - request.arrivalSeconds).toBeGreaterThanOrEqual(atLeast(bound.tripSeconds));
        const token = stepTime.time({ tokens: 1, attentionPairs: p, kvTokensRead: p, sequences: 1, outputs: 1 });
        const decodeSeconds = request.finishSeconds - request.firstTokenSeconds;
        expect(decodeSeconds).toBeGreaterThanOrEqual(atLeast((request.outputTokens - 1) * token.tripSeconds));
      }
    }),
    { numRuns: 200 },
  );
});

test("no step is shorter than its bound", async () => {
  await fc.assert(
    fc.asyncProperty(jobs, deployments, modes, async (list, deployment, mode) => {
      const events = await serve({ jobs: list, ...deployment, mode });
      const stepTime = smallStepTime(deployment.stages, deployment.cut);
      for (const event of events) {
        if (event.kind !== "advance") continue;
        const { decoding, steps, prefillTokens } = event;
        const meanPairs = event.decodePairs / steps;
        const bound = stepTime.time({
          tokens: decoding + prefillTokens,
          attentionPairs: meanPairs + event.prefillPairs,
          kvTokensRead: meanPairs,
          sequences: decoding + event.prefilled.length,
          outputs: decoding + event.prefilled.length,
        });
        expect(event.atSeconds - event.startSeconds).toBeGreaterThanOrEqual(atLeast(steps * bound.tripSeconds) - 1e-12);
      }
    }),
    { numRuns: 200 },
  );
});

test("with one stage the accelerators never idle while a request is in the system, unless the policy waits for others", async () => {
  await fc.assert(
    fc.asyncProperty(jobs, deployments, modes, async (list, deployment, mode) => {
      fc.pre(deployment.policy.name !== "dynamic");
      const events = await serve({ jobs: list, ...deployment, stages: 1, mode });
      expect(gapsWhileOccupied(events)).toBeLessThan(1e-9);
    }),
    { numRuns: 200 },
  );
});

/** Time between one step's end and the next step's start during which some request was in the system. */
function gapsWhileOccupied(events: readonly ServingEvent[]): number {
  let inSystem = 0;
  let idleFrom = 0;
  let gaps = 0;
  for (const event of events) {
    if (event.kind === "arrival" && inSystem++ === 0) idleFrom = event.atSeconds;
    if (event.kind === "finish") inSystem--;
    if (event.kind !== "advance") continue;
    gaps += Math.max(0, event.startSeconds - idleFrom);
    idleFrom = event.atSeconds;
  }
  return gaps;
}
