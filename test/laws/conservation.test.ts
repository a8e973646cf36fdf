import fc from "fast-check";
import { expect, test } from "vitest";
import { requestsOf, serve } from "../serving/harness.ts";
import { deployments, jobs } from "./workloads.ts";

const modes = fc.constantFrom("leap" as const, "step" as const);
const horizons = fc.option(fc.double({ min: 0.005, max: 2, noNaN: true }), { nil: undefined });

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
        if (event.kind === "advance") emitted += event.decodedTokens + event.prefilled.length;
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
