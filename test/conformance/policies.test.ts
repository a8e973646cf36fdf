import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { policies } from "../../src/serving/policies.ts";
import { jobs, placements, policyOptions } from "../laws/workloads.ts";
import { requestsOf, type Serving, serve } from "../serving/harness.ts";
import { always } from "./always.ts";
import { laws, obey, workIsConserved } from "./laws.ts";

/** Policies that let the accelerators idle although something waits, and why. */
const waitOnPurpose: Readonly<Record<string, string>> = {
  dynamic: "a batch waits for more requests, up to its timeout",
};

const relative = (a: number, b: number) => (Object.is(a, b) ? 0 : Math.abs(a - b) / Math.max(Math.abs(a), Math.abs(b)));

describe.each(policies.names)("%s", (name) => {
  const serving = fc
    .record({ jobs, policy: policyOptions[name]! })
    .chain((run) => placements.map((placed): Serving => ({ ...run, ...placed })));
  const oneStage = serving.map((run) => ({ ...run, stages: 1 }));

  test("obeys every law of serving, leapt and stepped, and fares the same both ways (1e-9)", async () => {
    await always(
      serving,
      async (run) => {
        const leaps = await serve({ ...run, mode: "leap" });
        const steps = await serve({ ...run, mode: "step" });
        obey({ serving: run, events: leaps });
        obey({ serving: run, events: steps });
        const leapt = requestsOf(leaps);
        for (const [index, request] of requestsOf(steps).entries()) {
          expect(leapt[index]!.preemptions).toBe(request.preemptions);
          expect(relative(leapt[index]!.firstTokenSeconds, request.firstTokenSeconds)).toBeLessThan(1e-9);
          expect(relative(leapt[index]!.finishSeconds, request.finishSeconds)).toBeLessThan(1e-9);
        }
      },
      60,
    );
  });

  test.skipIf(name in waitOnPurpose)("never idles while a request is in the system, with one stage", async () => {
    await always(oneStage, async (run) => workIsConserved({ serving: run, events: await serve(run) }), 60);
  });

  test("one sequence at a time, with all prompts read at once, serves requests in order of arrival", async () => {
    const atOnce = { tokenBudget: 1e9, maxPrefillTokens: 1e9, minSequences: 1, timeout: 0 };
    const known = Object.keys(policies.parts[name as keyof typeof policies.parts].options.shape);
    const options = Object.fromEntries(Object.entries(atOnce).filter(([option]) => known.includes(option)));
    await always(
      oneStage,
      async (run) => {
        const alone = { ...run, maxSequences: 1, kvCapacityTokens: 1e6 };
        const events = await serve({ ...alone, policy: { name, ...options } });
        const inOrder = await serve({ ...alone, policy: { name: "continuous" } });
        expect(JSON.stringify(events)).toBe(JSON.stringify(inOrder));
      },
      30,
    );
  });
});

test("there are laws", () => {
  expect(Object.keys(laws).length).toBeGreaterThan(5);
});
