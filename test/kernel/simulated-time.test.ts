import { delay, interval, map, merge, of, take, takeUntil, timer } from "rxjs";
import { describe, expect, test } from "vitest";
import { Rank } from "../../src/kernel/calendar.ts";
import { SimulatedTime } from "../../src/kernel/simulated-time.ts";

const noop = { fire: () => undefined };

function runOut(time: SimulatedTime): void {
  while (time.pending > 0) time.step();
}

test("what is withdrawn does not happen, and what is left keeps its order", () => {
  const time = new SimulatedTime();
  const fired: string[] = [];
  const due = (name: string) => ({ fire: () => fired.push(`${name} at ${time.nowSeconds}`) });
  const gone = due("gone");
  time.at(9, Rank.arrival, gone);
  time.at(3, Rank.arrival, due("b"));
  time.at(1, Rank.arrival, gone);
  time.at(3, Rank.completion, due("a"));
  time.at(3, Rank.arrival, due("c"));
  time.at(2, Rank.arrival, gone);
  time.withdraw((one) => one === gone);
  expect(time.pending).toBe(3);
  time.at(3, Rank.dispatch, due("d"));
  while (time.pending > 0) time.step();
  expect(fired).toEqual(["a at 3", "b at 3", "c at 3", "d at 3"]);
});

describe("simulated time", () => {
  test.each([Number.NaN, -1e-12, Number.POSITIVE_INFINITY])("a delay of %d s throws", (delaySeconds) => {
    expect(() => new SimulatedTime().after(delaySeconds, Rank.arrival, noop)).toThrow("cannot schedule");
  });

  test("the past throws, the present does not", () => {
    const time = new SimulatedTime();
    time.after(2, Rank.arrival, noop);
    time.step();
    expect(() => time.at(1.999, Rank.completion, noop)).toThrow("the clock stands at 2 s");
    time.at(2, Rank.completion, noop);
    expect(time.pending).toBe(1);
  });

  test("advancing over a pending event or into the past throws", () => {
    const time = new SimulatedTime();
    time.after(1, Rank.arrival, noop);
    expect(() => time.advanceTo(1.5)).toThrow("next event at 1 s");
    time.advanceTo(0.5);
    expect(time.nowSeconds).toBe(0.5);
    expect(() => time.advanceTo(0.25)).toThrow("cannot advance");
  });

  test("RxJS operators run in simulated seconds", () => {
    const time = new SimulatedTime();
    const seen: [string, number][] = [];
    const stop$ = timer(3.5, time);
    merge(
      interval(1, time).pipe(
        takeUntil(stop$),
        map((count) => `tick ${count}`),
      ),
      of("late").pipe(delay(2.25, time)),
      timer(0.5, 2, time).pipe(
        take(2),
        map((count) => `timer ${count}`),
      ),
    ).subscribe((label) => seen.push([label, time.nowSeconds]));
    runOut(time);
    expect(seen).toEqual([
      ["timer 0", 0.5],
      ["tick 0", 1],
      ["tick 1", 2],
      ["late", 2.25],
      ["timer 1", 2.5],
      ["tick 2", 3],
    ]);
  });

  test("an action may schedule itself again, with new state, until it is unsubscribed", () => {
    const time = new SimulatedTime();
    const seen: [number, number][] = [];
    const subscription = time.schedule<number>(
      function (state = 0) {
        seen.push([state, time.nowSeconds]);
        this.schedule(state + 1, 2);
      },
      1,
      10,
    );
    for (let count = 0; count < 3; count++) time.step();
    subscription.unsubscribe();
    runOut(time);
    expect(seen).toEqual([
      [10, 1],
      [11, 3],
      [12, 5],
    ]);
    expect(subscription.closed).toBe(true);
  });

  test("an action that does not reschedule closes, and one rescheduled before firing fires once", () => {
    const time = new SimulatedTime();
    let fired = 0;
    const once = time.schedule(() => fired++, 1);
    runOut(time);
    expect([fired, once.closed]).toEqual([1, true]);
    const action = time.schedule(() => fired++, 1) as ReturnType<typeof time.schedule> & {
      schedule(state: undefined, delay: number): void;
    };
    action.schedule(undefined, 5);
    runOut(time);
    expect([fired, time.nowSeconds]).toEqual([2, 6]);
  });
});
