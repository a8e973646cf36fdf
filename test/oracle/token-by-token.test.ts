import fc from "fast-check";
import { expect, test } from "vitest";
import { jobs } from "../laws/workloads.ts";
import { requestsOf, serve, smallStepTime } from "../serving/harness.ts";
import { tokenByToken } from "./token-by-token.ts";

const relative = (a: number, b: number) => Math.abs(a - b) / Math.max(Math.abs(a), Math.abs(b), 1e-300);

test.each(["leap", "step"] as const)("%s: every request fares as in a plain loop over tokens (1e-9)", async (mode) => {
  const stepTime = smallStepTime();
  await fc.assert(
    fc.asyncProperty(
      jobs,
      fc.integer({ min: 1, max: 24 }),
      fc.oneof(fc.integer({ min: 360, max: 1_500 }), fc.constant(1_000_000)),
      async (list, maxSequences, kvCapacityTokens) => {
        const expected = tokenByToken(list, stepTime, maxSequences, kvCapacityTokens);
        const requests = requestsOf(await serve({ jobs: list, stepTime, maxSequences, kvCapacityTokens, mode }));
        expect(requests.length).toBe(list.length);
        requests.forEach((request, index) => {
          const outcome = expected[index]!;
          expect(request.preemptions).toBe(outcome.preemptions);
          expect(relative(request.firstTokenSeconds, outcome.firstTokenSeconds)).toBeLessThan(1e-9);
          expect(relative(request.finishSeconds, outcome.finishSeconds)).toBeLessThan(1e-9);
        });
      },
    ),
    { numRuns: 300 },
  );
});
