import {
  concatMap,
  connect,
  defer,
  delay,
  from,
  lastValueFrom,
  merge,
  NEVER,
  of,
  Subject,
  throwError,
  toArray,
} from "rxjs";
import { describe, expect, test } from "vitest";
import { type Frame, frames } from "../../src/observe/frames.ts";
import type { ServingEvent } from "../../src/serving/events.ts";
import { serve } from "../serving/harness.ts";
import { advance, arrival, dispatch, end, finish, request, stream, threeRequests } from "./events.ts";

const lastFrame = (events: readonly ServingEvent[]) => lastValueFrom(stream(...events).pipe(frames(NEVER)));

/** A frame after every event, as plain levels. */
async function levels(
  events: readonly ServingEvent[],
): Promise<Pick<Frame, "atSeconds" | "waiting" | "running" | "kvTokens">[]> {
  const source$ = new Subject<ServingEvent>();
  const when$ = new Subject<void>();
  const taken = lastValueFrom(source$.pipe(frames(when$), toArray()));
  for (const event of events) {
    source$.next(event);
    when$.next();
  }
  source$.complete();
  return (await taken).map(({ atSeconds, waiting, running, kvTokens }) => ({ atSeconds, waiting, running, kvTokens }));
}

describe("frames", () => {
  test("follow queue, batch and KV cache event by event", async () => {
    const seen = (await levels(threeRequests())).map((frame) => Object.values(frame));
    expect(seen).toEqual([
      [1, 1, 0, 0],
      [1, 2, 0, 0],
      [1, 0, 2, 0],
      [2, 0, 2, 30],
      [2.5, 1, 2, 30],
      // Request 1 leaves with 20 + 2 - 1 cached tokens.
      [3, 1, 2, 11],
      [3, 1, 1, 11],
      [3, 0, 2, 11],
      [4, 0, 2, 11],
      [5, 0, 2, 0],
      [5, 0, 1, 0],
      [5, 0, 0, 0],
      [6, 0, 0, 0],
      [6, 0, 0, 0],
    ]);
  });

  test("add the KV caches of several microbatches", async () => {
    const seen = await levels([
      advance(0, 1, { microbatch: 0, kvTokens: 10 }),
      advance(0, 2, { microbatch: 1, kvTokens: 5 }),
      advance(1, 3, { microbatch: 0, kvTokensBefore: 10, kvTokens: 12 }),
      advance(3, 4, { microbatch: 0, kvTokensBefore: 7, kvTokens: 8, releasedTokens: 2 }),
    ]);
    expect(seen.map(({ kvTokens }) => kvTokens)).toEqual([10, 15, 17, 11, 11]);
  });

  test("hold nothing when a real run has drained, preemptions and several stages included", async () => {
    const jobs = Array.from({ length: 40 }, (_, index) => ({
      arrivalSeconds: index * 0.01,
      promptTokens: 20 + (index % 9),
      outputTokens: 30 + (index % 4),
    }));
    for (const stages of [1, 3]) {
      const events = await serve({ jobs, stages, kvCapacityTokens: stages * 200, maxSequences: 30 });
      expect(events.some(({ kind }) => kind === "preemption")).toBe(true);
      expect(await lastFrame(events)).toMatchObject({ waiting: 0, running: 0, kvTokens: 0 });
    }
  });

  test("draw the levels over time as means of windows", async () => {
    const { timeline } = await lastFrame([
      arrival(0, 0, 1),
      dispatch(64, [request(0)], 0),
      advance(64, 128, { prefilled: [request(0)], prefilling: 1, kvTokens: 10 }),
      finish(128, 0),
      end(128),
    ]);
    const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
    expect(timeline.queue).toHaveLength(128);
    expect(timeline.queue.slice(0, 64)).toEqual(new Array(64).fill(1));
    expect(timeline.queue.slice(64)).toEqual(new Array(64).fill(0));
    expect(timeline.batch.slice(0, 64)).toEqual(new Array(64).fill(0));
    expect(timeline.batch.slice(64)).toEqual(new Array(64).fill(1));
    expect(mean(timeline.kvTokens.slice(64))).toBeCloseTo(5, 9);
  });

  test("measure what the run has come to so far", async () => {
    const { measurement } = await lastFrame(threeRequests());
    expect(measurement.total.counts.finished).toBe(3);
    expect(measurement.endSeconds).toBe(6);
  });

  test("come when asked for and once at the end; the asking ends with the run", async () => {
    const source$ = new Subject<ServingEvent>();
    const when$ = new Subject<void>();
    const taken = lastValueFrom(source$.pipe(frames(when$), toArray()));
    when$.next();
    source$.next(arrival(1, 0, 1));
    source$.next(arrival(2, 1, 2));
    when$.next();
    source$.complete();
    expect(when$.observed).toBe(false);
    expect((await taken).map(({ atSeconds }) => atSeconds)).toEqual([0, 2, 2]);
  });

  test("watch a source that runs to its end within the subscription exactly once", async () => {
    let subscriptions = 0;
    const once$ = defer(() => {
      subscriptions++;
      return stream(arrival(1, 0, 1), end(2));
    });
    const { measurement } = await lastValueFrom(once$.pipe(frames(NEVER)));
    expect(subscriptions).toBe(1);
    expect(measurement.total.counts.offered).toBe(1);
  });

  test("beside another observer change nothing of what it sees", async () => {
    const events = threeRequests();
    const seen = await lastValueFrom(
      from(events).pipe(
        concatMap((event) => of(event).pipe(delay(0))),
        connect((events$) => merge(events$.pipe(toArray()), events$.pipe(frames(of(1, 2, 3)), toArray()))),
        toArray(),
      ),
    );
    expect(seen).toContainEqual(events);
  });

  test("fail with the run", async () => {
    await expect(lastValueFrom(throwError(() => new Error("broken")).pipe(frames(NEVER)))).rejects.toThrow("broken");
  });
});
