import { describe, expect, test } from "vitest";
import { readScenario } from "../../src/scenario/read.ts";
import { runPlan } from "../../src/scenario/run-plan.ts";
import { plannedSeconds, shareDone } from "../../src/tui/expected-length.ts";
import { Steering } from "../../src/tui/steering.ts";
import { finished, firstFrame, smallPlan, workloads } from "./plans.ts";

describe("the expected length of a run", () => {
  test("follows from the horizon, or from the arrivals where they are Poisson", () => {
    expect(plannedSeconds(smallPlan("{ requests: 200 }"))).toBe(40);
    expect(plannedSeconds(smallPlan("{ horizon: 1 min }"))).toBe(60);
    expect(plannedSeconds(smallPlan("{ requests: 200, horizon: 10 s }"))).toBe(10);
    expect(plannedSeconds(smallPlan("{ requests: 200 }", workloads.closedLoop))).toBeUndefined();
  });

  test("the share done goes from 0 to 1, of requests or of time", async () => {
    expect(shareDone(smallPlan(), await firstFrame())).toBe(0);
    for (const ends of ["{ requests: 200 }", "{ horizon: 10 s }", "{ requests: 20, horizon: 1 h }"]) {
      expect(shareDone(smallPlan(ends), (await finished(smallPlan(ends))).frame)).toBe(1);
    }
    const ending = { ...smallPlan(), expectedRequests: undefined };
    expect(shareDone(ending, await firstFrame())).toBeUndefined();
  });
});

describe("steering", () => {
  const steered = (plan = smallPlan()) => {
    let wallMilliseconds = 0;
    const steering = new Steering(plan, () => wallMilliseconds);
    /** How far the run may go after so much more wall time, when it has kept up. */
    const grantedAfter = (milliseconds: number) => {
      wallMilliseconds += milliseconds;
      return steering.pace.slice(Number.MAX_VALUE).untilSeconds;
    };
    return { steering, grantedAfter };
  };

  test("left alone, the run takes 12 s of wall time, the default scenario's too", () => {
    expect(steered().grantedAfter(12_000)).toBeCloseTo(40, 9);
    const plan = runPlan(readScenario("scenarios/default.yaml"));
    expect(steered(plan).grantedAfter(12_000)).toBeCloseTo(plannedSeconds(plan)!, 6);
  });

  test("goes by factors of two, pauses, and goes as fast as it can until told otherwise", () => {
    const { steering, grantedAfter } = steered(smallPlan("{ horizon: 12 s }"));
    expect(steering.controls).toEqual({ speed: 1, paused: false });
    steering.press("faster");
    expect(grantedAfter(1_000)).toBe(2);
    steering.press("slower");
    steering.press("slower");
    expect(grantedAfter(1_000)).toBe(2.5);
    steering.press("pause");
    expect(grantedAfter(1_000)).toBe(Number.NEGATIVE_INFINITY);
    expect(steering.controls.paused).toBe(true);
    steering.press("pause");
    steering.press("flat out");
    expect(steering.controls.speed).toBeUndefined();
    expect(steering.pace.slice(3).restMilliseconds).toBe(0);
    expect(grantedAfter(250)).toBeGreaterThan(12);
    steering.press("flat out");
    expect(steering.controls.speed).toBe(0.5);
    steering.press("flat out");
    steering.press("faster");
    expect(steering.controls.speed).toBe(1);
  });

  test("learns the length of a closed loop from its first frames, until a person chooses", async () => {
    const plan = smallPlan("{ requests: 100 }", workloads.closedLoop);
    const { steering, grantedAfter } = steered(plan);
    const { frame } = await finished(smallPlan("{ requests: 50 }", workloads.closedLoop));
    const before = steering.controls.speed!;
    steering.watch(await firstFrame());
    expect(steering.controls.speed).toBe(before);
    grantedAfter(2_000);
    steering.watch(frame);
    // Half of the requests are done: what is left takes as long, in the ten seconds that are left.
    expect(steering.controls.speed).toBeCloseTo(frame.atSeconds / 10, 9);
    steering.press("faster");
    steering.watch(frame);
    expect(steering.controls.speed).toBeCloseTo(frame.atSeconds / 5, 9);
  });

  test("quitting ends the run after the key has been handled", async () => {
    const { steering } = steered();
    let stops = 0;
    steering.stop$.subscribe(() => stops++);
    steering.press("quit");
    expect(stops).toBe(0);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(stops).toBe(1);
  });
});
