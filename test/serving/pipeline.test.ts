import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Pipeline } from "../../src/serving/pipeline.ts";
import type { StageUse } from "../../src/serving/stage-use.ts";
import type { Trip } from "../../src/serving/trip.ts";

/** A trip of its own. */
function enter(pipeline: Pipeline, nowSeconds: number, stageSeconds: number, hopSeconds: number): Trip {
  const trip = pipeline.newTrip();
  pipeline.enter(trip, nowSeconds, stageSeconds, hopSeconds);
  return trip;
}

const none = { fill: 0, hop: 0, unevenStages: 0, unevenMicrobatches: 0, tooFewMicrobatches: 0, drain: 0 };

/** One time more computed than told: what a stage did, idle time included. */
const accountedSeconds = ({ computeSeconds, bubbles }: StageUse) =>
  Object.values(bubbles).reduce((sum, seconds) => sum + seconds, computeSeconds);

const trips = fc.array(
  fc.record({
    gapSeconds: fc.double({ min: 0, max: 3, noNaN: true }),
    stageSeconds: fc.double({ min: 0.01, max: 2, noNaN: true }),
    hopSeconds: fc.double({ min: 0, max: 0.5, noNaN: true }),
  }),
  { minLength: 1, maxLength: 30 },
);
const weights = fc.array(fc.double({ min: 0.5, max: 2, noNaN: true }), { minLength: 1, maxLength: 5 });

/** Microbatches that go round, each with its own time in the mean stage, until so many trips have been made. */
function goRound(stageWeights: readonly number[], stageSeconds: readonly number[], hopSeconds: number, rounds: number) {
  const pipeline = new Pipeline(stageWeights);
  pipeline.begin(0);
  const flights = stageSeconds.map((seconds) => ({ trip: pipeline.newTrip(), seconds }));
  for (const { trip, seconds } of flights) pipeline.enter(trip, pipeline.firstStageFreeSeconds, seconds, hopSeconds);
  for (let round = 1; round < rounds; round++) {
    for (const { trip, seconds } of flights) {
      pipeline.book(trip);
      pipeline.enter(trip, Math.max(trip.exitSeconds, pipeline.firstStageFreeSeconds), seconds, hopSeconds);
    }
  }
  for (const { trip } of flights) pipeline.book(trip);
  pipeline.rest(flights.at(-1)!.trip.exitSeconds);
  return pipeline.use;
}

describe("the pipeline", () => {
  test("three trips by hand", () => {
    const pipeline = new Pipeline([1, 1]);
    pipeline.begin(0);
    const first = enter(pipeline, 0, 2, 0.5);
    expect(first).toMatchObject({ startSeconds: [0, 2.5], stageSeconds: 2, hopSeconds: 0.5, exitSeconds: 4.5 });
    const second = enter(pipeline, pipeline.firstStageFreeSeconds, 1, 0.5);
    expect(second.startSeconds).toEqual([2, 4.5]);
    expect(second.exitSeconds).toBe(5.5);
    expect(second.waits).toEqual([0, 1]);
    pipeline.book(first);
    pipeline.book(second);
    pipeline.rest(5.5);
    // Stage 1 computes from 0 to 3 and sends until 3.5; stage 2 receives from 2 and computes until 5.5.
    expect(pipeline.use).toEqual([
      { computeSeconds: 3, busySeconds: 3.5, bubbles: { ...none, drain: 2.5 } },
      { computeSeconds: 3, busySeconds: 3.5, bubbles: { ...none, fill: 2.5 } },
    ]);
  });

  test("stages take one microbatch at a time, in order, and are never busier than time allows", () => {
    fc.assert(
      fc.property(trips, weights, (list, stageWeights) => {
        const pipeline = new Pipeline(stageWeights);
        pipeline.begin(0);
        let now = 0;
        const done = list.map(({ gapSeconds, stageSeconds, hopSeconds }) => {
          now = Math.max(now + gapSeconds, pipeline.firstStageFreeSeconds);
          return enter(pipeline, now, stageSeconds, hopSeconds);
        });
        const endOf = (trip: Trip, stage: number) =>
          trip.startSeconds[stage]! + stageWeights[stage]! * trip.stageSeconds;
        done.forEach((trip, index) => {
          for (let stage = 0; stage < stageWeights.length; stage++) {
            const start = trip.startSeconds[stage]!;
            const before = done[index - 1];
            if (before !== undefined) expect(start).toBeGreaterThanOrEqual(endOf(before, stage) - 1e-9);
            if (stage > 0) expect(start).toBeGreaterThanOrEqual(endOf(trip, stage - 1) + trip.hopSeconds - 1e-9);
          }
        });
        for (const trip of done) pipeline.book(trip);
        const end = done.at(-1)!.exitSeconds;
        pipeline.rest(end);
        const work = list.reduce((sum, { stageSeconds }) => sum + stageSeconds, 0);
        pipeline.use.forEach((use, stage) => {
          expect(use.computeSeconds).toBeCloseTo(stageWeights[stage]! * work, 9);
          expect(use.busySeconds).toBeGreaterThanOrEqual(use.computeSeconds - 1e-9);
          expect(use.busySeconds).toBeLessThanOrEqual(end + 1e-9);
          expect(accountedSeconds(use)).toBeCloseTo(end, 9);
        });
      }),
    );
  });

  test("what lies after the end of a run is not booked", () => {
    const pipeline = new Pipeline([1, 1]);
    pipeline.begin(1);
    const trip = enter(pipeline, 1, 2, 1);
    pipeline.book(trip, 4.5);
    pipeline.rest(4.5);
    // Stage 1 computes from 1 to 3 and sends until 4; stage 2 receives from 3 and computes from 4 on.
    expect(pipeline.use).toEqual([
      { computeSeconds: 2, busySeconds: 3, bubbles: { ...none, drain: 1.5 } },
      { computeSeconds: 0.5, busySeconds: 1.5, bubbles: { ...none, fill: 3 } },
    ]);
  });
});

describe("bubbles of microbatches that go round", () => {
  const rounds = 1000;
  /** What a stage stands idle in a round, by cause, once the pipeline has filled. */
  const perRound = (use: readonly StageUse[]) =>
    use.map(({ bubbles: { fill, drain, ...rest } }) =>
      Object.fromEntries(
        Object.entries(rest).flatMap(([cause, seconds]) => {
          const each = Math.round((100 * seconds) / rounds) / 100;
          return each === 0 ? [] : [[cause, each]];
        }),
      ),
    );

  test("equal ones, as many as stages: the hops of a round", () => {
    expect(perRound(goRound([1, 1, 1], [2, 2, 2], 0.5, rounds))).toEqual(new Array(3).fill({ hop: 1 }));
  });

  test("without hops: none", () => {
    expect(perRound(goRound([1, 1, 1], [2, 2, 2], 0, rounds))).toEqual(new Array(3).fill({}));
  });

  test("one fewer than stages: what the missing one would have computed, and the hops", () => {
    expect(perRound(goRound([1, 1, 1], [2, 2], 0.5, rounds))).toEqual(
      new Array(3).fill({ hop: 1, tooFewMicrobatches: 2 }),
    );
  });

  test("a larger one: what it takes longer in the other stages, and its hops", () => {
    // A round is its trip, 3·3 + 2·0.5 seconds; a stage computes 3 + 2 + 2 of them.
    expect(perRound(goRound([1, 1, 1], [3, 2, 2], 0.5, rounds))).toEqual(
      new Array(3).fill({ hop: 1, unevenMicrobatches: 2 }),
    );
  });

  test("a heavier first stage: what the others wait for it; hops that nobody waits for cause nothing", () => {
    // A round is three times 1.2·2 in the first stage, a trip 3·2 + 2·0.5.
    expect(perRound(goRound([1.2, 0.9, 0.9], [2, 2, 2], 0.5, rounds))).toEqual([
      {},
      { unevenStages: 1.8 },
      { unevenStages: 1.8 },
    ]);
  });

  test("a heavier last stage: what the others wait for microbatches to come back", () => {
    const [first, second, last] = perRound(goRound([0.9, 0.9, 1.2], [2, 2, 2], 0.2, rounds));
    // Microbatches wait for it, and their 2·0.2 seconds of hops make them no later than they would be.
    expect(first).toEqual({ hop: 0.4, unevenStages: 1.4 });
    expect(second).toEqual({ hop: 0.4, unevenStages: 1.4 });
    expect(last).toEqual({});
  });
});
