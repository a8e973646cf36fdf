import fc from "fast-check";
import { expect, test } from "vitest";
import { serveCluster } from "../serving/cluster-harness.ts";
import { requestsOf, serve } from "../serving/harness.ts";
import { alike, clusters, elaborate, named, router } from "./clusters.ts";
import { relative, totals } from "./totals.ts";
import { deployments, jobs } from "./workloads.ts";

test.each([
  ["with several replicas and pools", alike, clusters],
  ["with orders, reservations, swaps and shared prefixes", named, elaborate],
] as const)(
  "%s, leaping and stepping give every request the same times (1e-9) and the same counts",
  async (_, list, cluster) => {
    await fc.assert(
      fc.asyncProperty(
        list as typeof alike,
        cluster as typeof elaborate,
        fc.option(fc.double({ min: 0.01, max: 3, noNaN: true })),
        async (jobs, layout, horizon) => {
          const serving = { jobs, ...layout, ...(horizon !== null && { horizonSeconds: horizon }) };
          const leaps = await serveCluster({ ...serving, mode: "leap" });
          const steps = await serveCluster({ ...serving, mode: "step" });
          const leapt = requestsOf(leaps);
          requestsOf(steps).forEach((request, index) => {
            const other = leapt[index]!;
            expect(other.preemptions).toBe(request.preemptions);
            for (const instant of ["admittedSeconds", "firstTokenSeconds", "finishSeconds"] as const) {
              if (Number.isNaN(request[instant]) && Number.isNaN(other[instant])) continue;
              expect(relative(other[instant], request[instant]), instant).toBeLessThan(1e-9);
            }
          });
          const expected = totals(steps);
          for (const [name, amount] of Object.entries(totals(leaps))) {
            expect(relative(amount, expected[name] ?? Number.NaN), name).toBeLessThan(1e-9);
          }
        },
      ),
      { numRuns: 300 },
    );
  },
);

test("a cluster of one replica is the replica: the same events, to the last bit, whatever the router", async () => {
  await fc.assert(
    fc.asyncProperty(
      jobs,
      deployments,
      router,
      fc.constantFrom("leap" as const, "step" as const),
      async (list, deployment, chosen, mode) => {
        const plain = await serve({ jobs: list, ...deployment, mode });
        const cluster = await serveCluster({ jobs: list, members: [deployment], router: chosen, mode });
        expect(JSON.stringify(cluster)).toBe(JSON.stringify(plain));
      },
    ),
    { numRuns: 100 },
  );
});
