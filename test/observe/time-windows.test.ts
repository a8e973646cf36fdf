import fc from "fast-check";
import { lastValueFrom, type Observable } from "rxjs";
import { describe, expect, test } from "vitest";
import { UserError } from "../../src/core/errors.ts";
import { measurement } from "../../src/observe/measurement.ts";
import { type TimeWindow, timeWindows } from "../../src/observe/time-windows.ts";
import type { ServingEvent } from "../../src/serving/events.ts";
import { deployments, jobs } from "../laws/workloads.ts";
import { serving$ } from "../serving/harness.ts";
import {
  advance,
  arrival,
  dispatch,
  end,
  finish,
  lineOf,
  rejection,
  request,
  stream,
  threeRequests,
} from "./events.ts";

const windowsOf = (events$: Observable<ServingEvent>, seconds: number) =>
  lastValueFrom(events$.pipe(timeWindows(seconds)));
const cut = (seconds: number, ...events: readonly ServingEvent[]) => windowsOf(stream(...events), seconds);

describe("three requests in windows of 2 s", async () => {
  const windows = await cut(2, ...threeRequests());
  const column = (name: keyof TimeWindow) => windows.map((window) => window[name]);

  test("cover the run from its start to its end", async () => {
    expect(column("fromSeconds")).toEqual([0, 2, 4]);
    expect(column("toSeconds")).toEqual([2, 4, 6]);
    expect((await cut(4, ...threeRequests())).map(({ toSeconds }) => toSeconds)).toEqual([4, 6]);
  });

  test("hold what happens in them, at their end too", () => {
    expect(column("offered")).toEqual([2, 2, 0]);
    expect(column("finished")).toEqual([0, 1, 2]);
    expect(column("rejected")).toEqual([0, 1, 0]);
    expect(column("preemptions")).toEqual([0, 0, 0]);
    // First tokens at 2 s twice, two decoded by 3 s, one decoded and one first by 5 s.
    expect(column("outputTokens")).toEqual([2, 2, 2]);
  });

  test("hold their share of queue, batch and KV cache", () => {
    expect(column("queueSeconds")).toEqual([0, 0.5, 0]);
    expect(column("batchSeconds")).toEqual([2, 4, 2]);
    // 30 tokens from 1 to 2 s, 32 to 3 s, 42 to 5 s.
    expect(column("kvTokenSeconds")).toEqual([30, 32 + 42, 42]);
  });

  test("have first tokens of their own, rejected requests beyond them", () => {
    expect(column("ttftP50Seconds")).toEqual([1, Number.POSITIVE_INFINITY, 2.5]);
    expect(column("ttftP99Seconds")).toEqual([1, Number.POSITIVE_INFINITY, 2.5]);
  });

  test("know how old the oldest that waits became", () => {
    expect(column("oldestWaitSeconds")).toEqual([0, 0.5, 0]);
  });

  test("have no goodput where nothing was promised", () => {
    expect(column("sloMet")).toEqual([undefined, undefined, undefined]);
  });
});

test("goodput counts requests that finish in the window within all their targets", async () => {
  const slo = { e2eSeconds: 3 };
  const windows = await cut(
    5,
    arrival(0, 0, 1, { slo }),
    arrival(1, 1, 2, { slo }),
    dispatch(1, [request(0), request(1)], 0),
    finish(3, 0, { slo, arrivalSeconds: 0 }),
    finish(6, 1, { slo, arrivalSeconds: 1 }),
    end(7),
  );
  expect(windows.map(({ sloMet }) => sloMet)).toEqual([1, 0]);
});

test("a request that waits over an edge grows older in each window", async () => {
  const windows = await cut(2, arrival(1, 0, 1), arrival(1.5, 1, 2), dispatch(5, [request(0)], 1), end(5.5));
  expect(windows.map(({ oldestWaitSeconds }) => oldestWaitSeconds)).toEqual([1, 3, 4]);
  expect(windows.map(({ queueSeconds }) => queueSeconds)).toEqual([1.5, 4, 2.5]);
});

test("a preemption is in the window in which it happens, and frees its place in the batch", async () => {
  const windows = await cut(
    1,
    arrival(0, 0, 1),
    dispatch(0, [request(0)], 0),
    { kind: "preemption", atSeconds: 1.5, replica: 0, request: request(0, { preemptions: 1 }), droppedTokens: 3 },
    end(2),
  );
  expect(windows.map(({ preemptions, batchSeconds }) => [preemptions, batchSeconds])).toEqual([
    [0, 1],
    [1, 0.5],
  ]);
});

describe("a leap cut by edges", () => {
  // Two sequences; steps of 1, 2, 3 and 4 s end at 2, 4, 7 and 11 s.
  const facts = { decoding: 2, steps: 4, run: lineOf(1, 1, 4), startSeconds: 1, kvTokensBefore: 10, kvTokens: 18 };
  // 10 held for 1 s, then 15, 17, 19 and 21: 3 of a chunk of prompt beside the two that each step adds.
  const leap = advance(0, 11, { ...facts, kvTokenSeconds: 10 + 15 + 2 * 17 + 3 * 19 + 4 * 21 });

  test("gives each window the tokens of the steps that end in it", async () => {
    expect((await cut(3, leap, end(11))).map(({ outputTokens }) => outputTokens)).toEqual([2, 2, 2, 2]);
    expect((await cut(4, leap, end(11))).map(({ outputTokens }) => outputTokens)).toEqual([4, 2, 2]);
    expect((await cut(0.5, leap, end(11))).flatMap(({ outputTokens }, at) => (outputTokens > 0 ? [at] : []))).toEqual([
      3, 7, 13, 21,
    ]);
  });

  test("gives each window the KV tokens held in it", async () => {
    const held = (await cut(3, leap, end(11))).map(({ kvTokenSeconds }) => kvTokenSeconds);
    // To 3 s: 10, 15 and half of 17·2; to 6 s: the other half and two thirds of 19·3; and so on.
    expect(held).toEqual([10 + 15 + 17, 17 + 2 * 19, 19 + 2 * 21, 2 * 21]);
  });

  test("of which one step is cut by an edge keeps what it emits for the window in which it ends", async () => {
    const step = advance(1, 5, { decoding: 3, kvTokenSeconds: 40, prefilled: [request(0)] });
    expect((await cut(2, step, end(5))).map((window) => [window.outputTokens, window.kvTokenSeconds])).toEqual([
      [0, 10],
      [0, 20],
      [4, 10],
    ]);
  });

  test("that the run's end cuts off holds the cache and emits nothing", async () => {
    const cutOff = advance(0, 5, { steps: 0, decoding: 2, run: lineOf(9, 0, 0), kvTokenSeconds: 50 });
    expect((await cut(4, cutOff, end(5))).map((window) => [window.outputTokens, window.kvTokenSeconds])).toEqual([
      [0, 40],
      [0, 10],
    ]);
  });
});

test("edges that are no binary fractions lose nothing", async () => {
  const events = Array.from({ length: 100 }, (_, id) => rejection((id * 3) / 10, id));
  const windows = await cut(0.1, ...events, end(29.7));
  expect(windows.reduce((sum, { rejected }) => sum + rejected, 0)).toBe(100);
  expect(windows.length).toBe(297);
  for (const { rejected } of windows) expect(rejected).toBeLessThanOrEqual(1);
});

test("steps that end on an edge are in the window that it ends, whichever way the quotient is rounded", async () => {
  for (const windowSeconds of [0.1, 0.3, 0.7, 1.1]) {
    for (let edge = 1; edge <= 40; edge++) {
      const atSeconds = edge * windowSeconds;
      const windows = await cut(windowSeconds, advance(0, atSeconds, { decoding: 1 }), end(atSeconds));
      expect(windows.map(({ outputTokens }) => outputTokens)).toEqual([...new Array(edge - 1).fill(0), 1]);
    }
  }
});

test("a run in which nothing happens is one window", async () => {
  expect(await cut(10, end(0))).toMatchObject([{ fromSeconds: 0, toSeconds: 0, offered: 0 }]);
});

test("windows far too short for the run are refused", async () => {
  await expect(cut(1e-6, end(60))).rejects.toThrow(UserError);
});

describe("by law", () => {
  const runs = fc.record({
    serving: fc
      .record({
        jobs,
        deployment: deployments,
        horizonSeconds: fc.option(fc.double({ min: 0.01, max: 3, noNaN: true }), { nil: undefined }),
      })
      .map(({ jobs: list, deployment, horizonSeconds }) => ({
        jobs: list,
        ...deployment,
        ...(horizonSeconds !== undefined && { horizonSeconds }),
      })),
    windowSeconds: fc.double({ min: 0.003, max: 1, noNaN: true }),
  });
  const sum = (windows: readonly TimeWindow[], name: "offered" | "outputTokens" | "queueSeconds" | "kvTokenSeconds") =>
    windows.reduce((all, window) => all + window[name], 0);
  const close = (one: number, other: number) =>
    expect(Math.abs(one - other)).toBeLessThanOrEqual(1e-9 * (1 + Math.abs(one)));

  test("windows add up to the run", async () => {
    await fc.assert(
      fc.asyncProperty(runs, async ({ serving, windowSeconds }) => {
        const windows = await windowsOf(serving$(serving), windowSeconds);
        const { total, endSeconds, longestWaitSeconds } = await lastValueFrom(serving$(serving).pipe(measurement()));
        for (const name of ["offered", "outputTokens", "finished", "rejected", "preemptions"] as const) {
          expect(windows.reduce((all, window) => all + window[name], 0)).toBe(total.counts[name]);
        }
        for (const name of ["queueSeconds", "batchSeconds", "kvTokenSeconds"] as const) {
          close(
            windows.reduce((all, window) => all + window[name], 0),
            total.total(name),
          );
        }
        expect(windows.at(-1)!.toSeconds).toBe(endSeconds);
        const oldest = Math.max(...windows.map(({ oldestWaitSeconds }) => oldestWaitSeconds));
        expect(Math.abs(oldest - Math.max(0, longestWaitSeconds))).toBeLessThan(1e-12);
        for (const { kvTokenSeconds } of windows) expect(kvTokenSeconds).toBeGreaterThanOrEqual(-1e-9);
      }),
      { numRuns: 80 },
    );
  });

  test("a leap is told apart as its steps are, one by one", async () => {
    await fc.assert(
      fc.asyncProperty(runs, async ({ serving, windowSeconds }) => {
        const [leap, step] = await Promise.all(
          (["leap", "step"] as const).map((mode) => windowsOf(serving$({ ...serving, mode }), windowSeconds)),
        );
        // The instants of the two differ by rounding, so an end that falls onto an edge may fall to either side.
        expect(Math.abs(leap!.length - step!.length)).toBeLessThanOrEqual(1);
        for (const [place, window] of leap!.entries()) {
          const other = step![place];
          if (other === undefined) continue;
          expect(window.outputTokens).toBe(other.outputTokens);
          if (serving.stages === 1) close(window.kvTokenSeconds, other.kvTokenSeconds);
          close(window.queueSeconds, other.queueSeconds);
        }
      }),
      { numRuns: 60 },
    );
  });

  test("a window is what its two halves are together", async () => {
    await fc.assert(
      fc.asyncProperty(runs, async ({ serving, windowSeconds }) => {
        const [wide, narrow] = await Promise.all(
          [windowSeconds, windowSeconds / 2].map((seconds) => windowsOf(serving$(serving), seconds)),
        );
        for (const [place, window] of wide!.entries()) {
          const halves = narrow!.slice(2 * place, 2 * place + 2);
          expect(sum(halves, "offered")).toBe(window.offered);
          expect(sum(halves, "outputTokens")).toBe(window.outputTokens);
          close(sum(halves, "kvTokenSeconds"), window.kvTokenSeconds);
          expect(Math.max(...halves.map(({ oldestWaitSeconds }) => oldestWaitSeconds))).toBe(window.oldestWaitSeconds);
        }
      }),
      { numRuns: 60 },
    );
  });
});
