import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Pipeline, Trip } from "../../src/serving/pipeline.ts";

/** A trip of its own. */
function enter(pipeline: Pipeline, nowSeconds: number, stageSeconds: number, hopSeconds: number): Trip {
  const trip = new Trip(pipeline.stages);
  pipeline.enter(trip, nowSeconds, stageSeconds, hopSeconds);
  return trip;
}

const trips = fc.array(
  fc.record({
    gapSeconds: fc.double({ min: 0, max: 3, noNaN: true }),
    stageSeconds: fc.double({ min: 0.01, max: 2, noNaN: true }),
    hopSeconds: fc.double({ min: 0, max: 0.5, noNaN: true }),
  }),
  { minLength: 1, maxLength: 30 },
);

describe("the pipeline", () => {
  test("three trips by hand", () => {
    const pipeline = new Pipeline(2);
    const first = enter(pipeline, 0, 2, 0.5);
    expect({ ...first }).toEqual({ startSeconds: [0, 2.5], stageSeconds: 2, hopSeconds: 0.5, exitSeconds: 4.5 });
    const second = enter(pipeline, pipeline.firstStageFreeSeconds, 1, 0.5);
    expect(second.startSeconds).toEqual([2, 4.5]);
    expect(second.exitSeconds).toBe(5.5);
    pipeline.book(first, first.exitSeconds);
    pipeline.book(second, second.exitSeconds);
    // Stage 1 computes from 0 to 3 and sends until 3.5; stage 2 receives from 2 and computes until 5.5.
    expect(pipeline.use).toEqual([
      { computeSeconds: 3, busySeconds: 3.5 },
      { computeSeconds: 3, busySeconds: 3.5 },
    ]);
  });

  test("stages take one microbatch at a time, in order, and are never busier than time allows", () => {
    fc.assert(
      fc.property(trips, fc.integer({ min: 1, max: 5 }), (list, stages) => {
        const pipeline = new Pipeline(stages);
        let now = 0;
        const done = list.map(({ gapSeconds, stageSeconds, hopSeconds }) => {
          now = Math.max(now + gapSeconds, pipeline.firstStageFreeSeconds);
          return enter(pipeline, now, stageSeconds, hopSeconds);
        });
        done.forEach((trip, index) => {
          for (let stage = 0; stage < stages; stage++) {
            const start = trip.startSeconds[stage]!;
            const before = done[index - 1];
            if (before !== undefined)
              expect(start).toBeGreaterThanOrEqual(before.startSeconds[stage]! + before.stageSeconds - 1e-9);
            if (stage > 0) {
              const arrival = trip.startSeconds[stage - 1]! + trip.stageSeconds + trip.hopSeconds;
              expect(start).toBeGreaterThanOrEqual(arrival - 1e-9);
            }
          }
        });
        for (const trip of done) pipeline.book(trip, trip.exitSeconds);
        const end = done.at(-1)!.exitSeconds;
        const work = list.reduce((sum, { stageSeconds }) => sum + stageSeconds, 0);
        for (const { computeSeconds, busySeconds } of pipeline.use) {
          expect(computeSeconds).toBeCloseTo(work, 9);
          expect(busySeconds).toBeGreaterThanOrEqual(computeSeconds - 1e-9);
          expect(busySeconds).toBeLessThanOrEqual(end + 1e-9);
        }
      }),
    );
  });

  test("what lies after the end of a run is not booked", () => {
    const pipeline = new Pipeline(2);
    const trip = enter(pipeline, 1, 2, 1);
    pipeline.book(trip, 4.5);
    // Stage 1 computes from 1 to 3 and sends until 4; stage 2 receives from 3 and computes from 4 on.
    expect(pipeline.use).toEqual([
      { computeSeconds: 2, busySeconds: 3 },
      { computeSeconds: 0.5, busySeconds: 1.5 },
    ]);
  });
});
