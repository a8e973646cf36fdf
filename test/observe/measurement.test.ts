import { lastValueFrom, throwError } from "rxjs";
import { describe, expect, test } from "vitest";
import { InvariantError } from "../../src/core/errors.ts";
import type { Histogram } from "../../src/core/histogram.ts";
import { measurement } from "../../src/observe/measurement.ts";
import type { ServingEvent } from "../../src/serving/events.ts";
import { serve } from "../serving/harness.ts";
import {
  advance,
  arrival,
  dispatch,
  end,
  finish,
  lineOf,
  noBubbles,
  request,
  stepsOf,
  stream,
  threeRequests,
} from "./events.ts";

const measure = (...events: readonly ServingEvent[]) => lastValueFrom(stream(...events).pipe(measurement()));
const summary = ({ count, mean, least, greatest }: Histogram) => ({ count, mean, least, greatest });

describe("the measurement of three requests", async () => {
  const { total, endSeconds, stages } = await measure(...threeRequests());
  const { counts, latency } = total;

  test("counts requests and tokens", () => {
    expect(counts).toMatchObject({
      offered: 4,
      finished: 3,
      rejected: 1,
      preemptions: 0,
      preemptedRequests: 0,
      promptTokens: 60,
      outputTokens: 6,
      recomputedTokens: 0,
    });
  });

  test("counts work by prefill and decode", () => {
    expect(counts).toMatchObject({
      decodeSteps: 2,
      decodeTokens: 3,
      decodePairs: 41,
      prefillTokens: 60,
      prefillPairs: 670,
    });
  });

  test("counts what the cache held already", async () => {
    const found = { ...dispatch(1, [], 0), cachedTokens: 48 };
    const { total: counted } = await lastValueFrom(
      stream(found, { ...found, cachedTokens: 16 }, end(2)).pipe(measurement()),
    );
    expect(counted.counts.cachedTokens).toBe(64);
  });

  test("integrates queue, batch and KV cache over time", () => {
    // Request 2 waits from 2.5 to 3 s; 2 run from 1 to 3 s and from 3 to 5 s.
    expect(total.total("queueSeconds")).toBe(0.5);
    expect(total.total("batchSeconds")).toBe(8);
    expect(total.total("kvTokenSeconds")).toBe(146);
    expect(total.total("seconds")).toBe(6);
    expect(endSeconds).toBe(6);
  });

  test("takes each latency from its own instants", () => {
    // TTFT: 2 - 1 twice, 5 - 2.5; queueing: 0 twice, 0.5; E2E: 3 - 1, 5 - 1, 5 - 2.5.
    expect(summary(latency.ttftSeconds)).toEqual({ count: 3, mean: 4.5 / 3, least: 1, greatest: 2.5 });
    expect(summary(latency.queueingSeconds)).toEqual({ count: 3, mean: 0.5 / 3, least: 0, greatest: 0.5 });
    expect(summary(latency.e2eSeconds)).toEqual({ count: 3, mean: 8.5 / 3, least: 2, greatest: 4 });
    // TPOT: (5 - 2)/2 and (3 - 2)/1; request 2 has a single token and none.
    expect(summary(latency.tpotSeconds)).toEqual({ count: 2, mean: 1.25, least: 1, greatest: 1.5 });
    // E2E over output tokens: 4/3, 2/2, 2.5/1.
    expect(latency.normalisedSeconds.mean).toBeCloseTo((4 / 3 + 1 + 2.5) / 3, 12);
    // The fourth request is turned away: it has none of them, and would have had no TPOT.
    const { ttftSeconds, queueingSeconds, e2eSeconds, normalisedSeconds, tpotSeconds, itlSeconds } = latency;
    expect([ttftSeconds, queueingSeconds, e2eSeconds, normalisedSeconds].map(({ missing }) => missing)).toEqual([
      1, 1, 1, 1,
    ]);
    expect([tpotSeconds.missing, itlSeconds.missing]).toEqual([0, 0]);
    // ITL: two tokens after 1 s, one after 2 s.
    expect(summary(latency.itlSeconds)).toEqual({ count: 3, mean: 4 / 3, least: 1, greatest: 2 });
  });

  test("keeps the use of the stages", () => {
    expect(stages).toEqual([[{ computeSeconds: 4, busySeconds: 4, bubbles: noBubbles }]]);
  });
});

describe("ITL", () => {
  const itlOf = async (...events: readonly ServingEvent[]) => (await measure(...events)).total.latency.itlSeconds;

  test("of a leap is that of its steps one by one", async () => {
    const durations = [1, 1.25, 1.5, 1.75];
    const leap = await itlOf(advance(0, 5.5, { decoding: 3, steps: 4, run: lineOf(1, 0.25, 4) }));
    const steps = await itlOf(
      ...durations.map((seconds, index) => {
        const since = durations.slice(0, index).reduce((sum, one) => sum + one, 0);
        return advance(since, since + seconds, { decoding: 3 });
      }),
    );
    expect(summary(leap)).toEqual(summary(steps));
    expect(summary(leap)).toEqual({ count: 12, mean: 1.375, least: 1, greatest: 1.75 });
    for (const q of [0.1, 0.25, 0.5, 0.75, 0.9, 1]) expect(leap.quantile(q)).toBe(steps.quantile(q));
  });

  test("of the first step after a wait counts the wait too, of the others not", async () => {
    const waited = { decoding: 2, startSeconds: 4, steps: 3 };
    expect(summary(await itlOf(advance(0, 9, { ...waited, run: lineOf(1, 1, 3) })))).toEqual({
      count: 6,
      mean: (5 + 2 + 3) / 3,
      least: 2,
      greatest: 5,
    });
    const single = await itlOf(advance(0, 5, { decoding: 2, startSeconds: 4, run: stepsOf(1) }));
    expect(summary(single)).toEqual({ count: 2, mean: 5, least: 5, greatest: 5 });
  });

  test("of a leap over two straight lines counts each step once", async () => {
    const bent = { ...stepsOf(1, 1, 2, 4), eachStretch: bend };
    const itl = await itlOf(advance(0, 8, { decoding: 1, steps: 4, run: bent }));
    expect(summary(itl)).toEqual({ count: 4, mean: 2, least: 1, greatest: 4 });

    function bend(_: number, visit: (first: number, growth: number, steps: number) => void): void {
      visit(1, 0, 2);
      visit(2, 2, 2);
    }
  });

  test("of a sequence that comes back from preemption is the time since its last token", async () => {
    const back = request(0, { arrivalSeconds: 0, promptTokens: 5, firstTokenSeconds: 1, preemptions: 1 });
    const { total } = await measure(
      advance(3, 4, { prefilled: [back], resumedAfterSeconds: [2.5], prefillTokens: 8, recomputedTokens: 8 }),
    );
    expect(summary(total.latency.itlSeconds)).toEqual({ count: 1, mean: 2.5, least: 2.5, greatest: 2.5 });
    expect(total.latency.ttftSeconds.count).toBe(0);
    expect(total.counts).toMatchObject({ promptTokens: 0, outputTokens: 1, recomputedTokens: 8, prefillTokens: 8 });
  });

  test("of a real run is the same whether it leaps or steps", async () => {
    const jobs = Array.from({ length: 30 }, (_, index) => ({
      arrivalSeconds: index * 0.05,
      promptTokens: 50 + 31 * (index % 7),
      outputTokens: 1 + 17 * (index % 5),
    }));
    const [leap, step] = await Promise.all(
      (["leap", "step"] as const).map(async (mode) => itlOf(...(await serve({ jobs, mode, maxSequences: 8 })))),
    );
    expect(leap!.count).toBe(step!.count);
    expect(leap!.count).toBe(jobs.reduce((sum, { outputTokens }) => sum + outputTokens - 1, 0));
    expect(Math.abs(leap!.mean / step!.mean - 1)).toBeLessThan(1e-9);
    expect(Math.abs(leap!.greatest / step!.greatest - 1)).toBeLessThan(1e-9);
  });
});

test("what steps do for nothing is counted: padding, rejected drafts, swaps", async () => {
  const { total } = await measure(
    advance(0, 3, { decoding: 2, padding: 1, steps: 3, run: lineOf(1, 0, 3) }),
    advance(3, 5, { decoding: 2, decodedTokens: 7, rejectedTokens: 3, draftSeconds: 0.5, swapSeconds: 0.25 }),
    end(5),
  );
  expect(total.counts).toMatchObject({
    decodeSlots: 3 * 2 + 2,
    paddingSlots: 3,
    rejectedTokens: 3,
    outputTokens: 6 + 7,
  });
  expect([total.total("draftSeconds"), total.total("swapSeconds")]).toEqual([0.5, 0.25]);
});

describe("preemption", () => {
  test("counts every time, and every request once", async () => {
    const preempted = (atSeconds: number, id: number, preemptions: number): ServingEvent => ({
      kind: "preemption",
      atSeconds,
      replica: 0,
      request: request(id, { preemptions }),
      droppedTokens: 5,
    });
    const { total } = await measure(preempted(1, 0, 1), preempted(2, 0, 2), preempted(2, 1, 1), end(3));
    expect(total.counts).toMatchObject({ preemptions: 3, preemptedRequests: 2 });
  });

  test("leaves the first queueing time alone", async () => {
    const again = request(0, { arrivalSeconds: 0, preemptions: 1 });
    const { total } = await measure(dispatch(4, [again], 0), end(5));
    expect(total.latency.queueingSeconds.count).toBe(0);
  });
});

describe("a run cut off", () => {
  test("books the time of an unfinished step, and no token", async () => {
    const { total } = await measure(
      arrival(0, 0, 1),
      dispatch(0, [request(0)], 0),
      advance(0, 2, { steps: 0, prefilling: 1, run: stepsOf(), kvTokenSeconds: 14 }),
      end(2),
    );
    expect(total.counts).toMatchObject({ offered: 1, finished: 0, outputTokens: 0, decodeSteps: 0 });
    expect(total.total("batchSeconds")).toBe(2);
    expect(total.total("kvTokenSeconds")).toBe(14);
  });

  test("waits until its end", async () => {
    const { total } = await measure(arrival(1, 0, 1), arrival(3, 1, 2), end(10));
    expect(total.total("queueSeconds")).toBe(1 * 2 + 2 * 7);
  });
});

describe("the sections of a measurement", () => {
  /** One request after the other: request i takes from i to i + 1 s and waits the first half of it. */
  const queueOf = (requests: number): ServingEvent[] => [
    ...Array.from({ length: requests }, (_, id) => [
      arrival(id, id, 1),
      dispatch(id + 0.5, [request(id, { arrivalSeconds: id })], 0),
      finish(id + 1, id, { arrivalSeconds: id }),
    ]).flat(),
    end(requests + 3),
  ];

  test("hold equally many finished requests, all time before them, and add up to the total", async () => {
    for (const requests of [1, 15, 100, 1000, 5000]) {
      const { sections, total, endSeconds } = await measure(...queueOf(requests));
      const finished = sections.map(({ counts }) => counts.finished);
      expect(new Set(finished).size).toBeLessThanOrEqual(1);
      const inSections = finished.reduce((sum, one) => sum + one, 0);
      expect(requests - inSections).toBeLessThanOrEqual(finished[0] ?? requests);
      expect(total.counts.finished).toBe(requests);
      expect(total.total("seconds")).toBe(endSeconds);
      for (const section of sections) {
        expect(section.total("seconds")).toBe(section.counts.finished);
        expect(section.total("queueSeconds")).toBe(section.counts.finished / 2);
      }
      expect(total.total("queueSeconds")).toBe(requests / 2);
    }
  });

  test("are never cut within an instant", async () => {
    const burst = Array.from({ length: 500 }, (_, id) => finish(1, id));
    const { sections } = await measure(...burst, finish(2, 500), end(3));
    expect(sections.map(({ counts }) => counts.finished)).toEqual([500]);
  });
});

test("what breaks the run breaks the measurement", async () => {
  const broken = throwError(() => new InvariantError("broken")).pipe(measurement());
  await expect(lastValueFrom(broken)).rejects.toThrow("broken");
  await expect(measure(finish(1, 0, { arrivalSeconds: 2 }))).rejects.toThrow(InvariantError);
});
