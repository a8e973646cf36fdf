import { lastValueFrom, Observable, of, Subject, takeUntil } from "rxjs";
import { expect, test } from "vitest";
import { type Fold, probe } from "../../src/observe/probe.ts";
import type { ServingEvent } from "../../src/serving/events.ts";

const end: ServingEvent = { kind: "end", atSeconds: 1, stages: [] };

/** Counts events, and fails at one of them, or at the very end. */
function counting(failsAt = Number.POSITIVE_INFINITY, failsAtEnd = false): Fold<number> {
  let events = 0;
  return {
    on() {
      if (++events === failsAt) throw new Error(`event ${events}`);
    },
    result() {
      if (failsAtEnd) throw new Error("end");
      return events;
    },
  };
}

/** Emits so many events at once; `sent` says how many it got rid of. */
function burst(events: number) {
  const sent = { events: 0, completed: false };
  const events$ = new Observable<ServingEvent>((subscriber) => {
    for (; sent.events < events && !subscriber.closed; sent.events++) subscriber.next(end);
    sent.completed = !subscriber.closed;
    subscriber.complete();
  });
  return { events$, sent };
}

test("emits its finding once the run is over, each time from fresh", async () => {
  const counted$ = burst(5).events$.pipe(probe(() => counting()));
  expect(await lastValueFrom(counted$)).toBe(5);
  const twice$ = of(end, end).pipe(probe(() => counting()));
  expect([await lastValueFrom(twice$), await lastValueFrom(twice$)]).toEqual([2, 2]);
});

test("what it throws at an event fails the run, which then goes no further", async () => {
  const { events$, sent } = burst(5);
  await expect(lastValueFrom(events$.pipe(probe(() => counting(3))))).rejects.toThrow("event 3");
  expect(sent).toEqual({ events: 3, completed: false });
});

test("what it throws as it gives its finding fails the run, and so does what the run throws", async () => {
  await expect(lastValueFrom(burst(2).events$.pipe(probe(() => counting(9, true))))).rejects.toThrow("end");
  const failing$ = new Observable<ServingEvent>((subscriber) => subscriber.error(new Error("run")));
  await expect(lastValueFrom(failing$.pipe(probe(() => counting())))).rejects.toThrow("run");
});

test("nobody below it left, the run goes no further", async () => {
  const { events$, sent } = burst(5);
  const enough$ = new Subject<void>();
  const seen$ = events$.pipe(
    probe(() => ({
      on: () => {
        if (sent.events === 1) enough$.next();
      },
      result: () => 0,
    })),
    takeUntil(enough$),
  );
  expect(await lastValueFrom(seen$, { defaultValue: "left" })).toBe("left");
  expect(sent).toEqual({ events: 2, completed: false });
});
