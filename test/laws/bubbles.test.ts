import fc from "fast-check";
import { expect, test } from "vitest";
import type { ServingEvent } from "../../src/serving/events.ts";
import type { StageUse } from "../../src/serving/stage-use.ts";
import { serve } from "../serving/harness.ts";
import { deployments, jobs } from "./workloads.ts";

const horizons = fc.option(fc.double({ min: 0.005, max: 2, noNaN: true }), { nil: undefined });

/** Time in which some request was in the system. */
function workSeconds(events: readonly ServingEvent[]): number {
  let inSystem = 0;
  let sinceSeconds = 0;
  let seconds = 0;
  for (const event of events) {
    if (event.kind === "arrival" && inSystem++ === 0) sinceSeconds = event.atSeconds;
    if (event.kind === "finish" && --inSystem === 0) seconds += event.atSeconds - sinceSeconds;
    if (event.kind === "end" && inSystem > 0) seconds += event.atSeconds - sinceSeconds;
  }
  return seconds;
}

function stagesOf(events: readonly ServingEvent[]): readonly StageUse[] {
  const end = events.at(-1)!;
  if (end.kind !== "end") throw new Error("a run ends with its end");
  return end.stages[0]!;
}

const figuresOf = ({ computeSeconds, busySeconds, bubbles }: StageUse) => ({ computeSeconds, busySeconds, ...bubbles });

test("each stage computes or stands idle for a cause as long as its replica has work, leapt or stepped alike (1e-9)", async () => {
  await fc.assert(
    fc.asyncProperty(jobs, deployments, horizons, async (list, deployment, horizonSeconds) => {
      const serving = { jobs: list, ...deployment, ...(horizonSeconds !== undefined && { horizonSeconds }) };
      const leaps = await serve({ ...serving, mode: "leap" });
      const steps = stagesOf(await serve({ ...serving, mode: "step" }));
      const work = workSeconds(leaps);
      stagesOf(leaps).forEach((use, stage) => {
        const figures = figuresOf(use);
        const { computeSeconds, busySeconds, ...bubbles } = figures;
        const idle = Object.values(bubbles).reduce((sum, seconds) => sum + seconds, 0);
        expect(Math.abs(computeSeconds + idle - work)).toBeLessThanOrEqual(1e-9 * work);
        expect(busySeconds).toBeGreaterThanOrEqual(computeSeconds);
        expect(busySeconds).toBeLessThanOrEqual(work * (1 + 1e-9));
        for (const [name, seconds] of Object.entries(figures)) {
          expect(seconds, name).toBeGreaterThanOrEqual(-1e-12);
          const stepped = figuresOf(steps[stage]!)[name as keyof typeof figures];
          expect(Math.abs(seconds - stepped), name).toBeLessThanOrEqual(1e-9 * work);
        }
      });
    }),
    { numRuns: 300 },
  );
});
