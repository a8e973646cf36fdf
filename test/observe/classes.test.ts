import fc from "fast-check";
import { lastValueFrom, type Observable, tap } from "rxjs";
import { describe, expect, test } from "vitest";
import { type Measurement, measurement } from "../../src/observe/measurement.ts";
import { RequestTally } from "../../src/observe/request-tally.ts";
import type { ServingEvent } from "../../src/serving/events.ts";
import type { RequestSpec, ServiceLevel } from "../../src/serving/request.ts";
import { deployments, jobs } from "../laws/workloads.ts";
import { serving$ } from "../serving/harness.ts";
import { advance, arrival, dispatch, end, finish, rejection, request, stream } from "./events.ts";

const measureLive = (events$: Observable<ServingEvent>, expectedFinishes?: number) =>
  lastValueFrom(events$.pipe(measurement(expectedFinishes)));
const measure = (events: readonly ServingEvent[]) => measureLive(stream(...events));

describe("two classes", async () => {
  const chat = { className: "chat", slo: { ttftSeconds: 1, tpotSeconds: 1 } };
  const zero = { ...chat, outputTokens: 3, firstTokenSeconds: 1 };
  const one = { className: "bulk", arrivalSeconds: 1.5, outputTokens: 4, firstTokenSeconds: 8 };
  const two = { ...chat, arrivalSeconds: 2, outputTokens: 1, firstTokenSeconds: 5 };
  const { total, longestWaitSeconds } = await measure([
    arrival(0, 0, 1, zero),
    dispatch(0, [request(0, zero)], 0),
    advance(0, 1, { prefilled: [request(0, zero)] }),
    arrival(1.5, 1, 1, one),
    arrival(2, 2, 2, two),
    advance(1, 3, { decoding: 1, steps: 2 }),
    finish(3, 0, zero),
    // The newer one is taken first.
    dispatch(3, [request(2, two)], 1),
    rejection(3.5, 3, { ...chat, outputTokens: 7 }),
    advance(3, 5, { prefilled: [request(2, two)] }),
    finish(5, 2, two),
    dispatch(6, [request(1, one)], 0),
    advance(6, 8, { prefilled: [request(1, one)] }),
    { kind: "preemption", atSeconds: 8, replica: 0, request: request(1, { ...one, preemptions: 1 }), droppedTokens: 1 },
    arrival(9, 4, 2, chat),
    arrival(11.5, 5, 3, chat),
    end(12),
  ]);
  const [ofChat, ofBulk] = [total.classes.get("chat")!, total.classes.get("bulk")!];

  test("are counted apart", () => {
    expect([...total.classes.keys()]).toEqual(["chat", "bulk"]);
    expect(ofChat.counts).toMatchObject({ offered: 5, finished: 2, rejected: 1, preemptions: 0 });
    expect(ofChat.counts).toMatchObject({ requestedTokens: 3 + 1 + 7 + 1 + 1, finishedTokens: 4 });
    expect(ofBulk.counts).toMatchObject({ offered: 1, finished: 0, rejected: 0, preemptions: 1, preemptedRequests: 1 });
    expect(total.counts).toMatchObject({ offered: 6, finished: 2, rejected: 1, preemptions: 1, preemptedRequests: 1 });
  });

  test("keep their promises, break them, or leave them open", () => {
    // Request 0 has a TTFT of 1 s and a TPOT of 1 s; 2 a TTFT of 3 s; 3 is turned away; 4 has waited for 3 s, 5 for half a second.
    expect(ofChat.counts).toMatchObject({ sloOffered: 5, sloMet: 1, sloMissed: 3 });
    expect(ofBulk.counts).toMatchObject({ sloOffered: 0, sloMet: 0, sloMissed: 0 });
    expect(total.counts).toMatchObject({ sloOffered: 5, sloMet: 1, sloMissed: 3 });
  });

  test("have latencies of their own, rejected requests beyond all", () => {
    const { ttftSeconds, tpotSeconds, e2eSeconds, normalisedSeconds, queueingSeconds } = ofChat.latency;
    expect([ttftSeconds.count, ttftSeconds.mean, ttftSeconds.missing]).toEqual([2, (1 + 3) / 2, 1]);
    expect([tpotSeconds.count, tpotSeconds.mean, tpotSeconds.missing]).toEqual([1, 1, 1]);
    expect([e2eSeconds.count, e2eSeconds.mean, e2eSeconds.missing]).toEqual([2, (3 + 3) / 2, 1]);
    expect([normalisedSeconds.count, normalisedSeconds.mean, normalisedSeconds.missing]).toEqual([2, (1 + 3) / 2, 1]);
    expect([queueingSeconds.count, queueingSeconds.mean, queueingSeconds.missing]).toEqual([2, (0 + 1) / 2, 1]);
    expect(e2eSeconds.quantile(2 / 3)).toBe(3);
    expect(e2eSeconds.quantile(0.67)).toBe(Number.POSITIVE_INFINITY);
    expect([ofBulk.latency.ttftSeconds.mean, ofBulk.latency.queueingSeconds.mean]).toEqual([6.5, 4.5]);
  });

  test("are waited for as long as the oldest of them all", () => {
    // Request 1 waits from 1.5 to 6 s, request 4 from 9 s; that 1 waits again after 8 s is no first wait.
    expect(total.total("oldestWaitSeconds")).toBe(4.5 ** 2 / 2 + 3 ** 2 / 2);
    expect(longestWaitSeconds).toBe(4.5);
  });
});

test("a request that still waits at the end may have waited longest", async () => {
  const { longestWaitSeconds } = await measure([
    arrival(0, 0, 1),
    dispatch(2, [request(0)], 0),
    arrival(3, 1, 1),
    end(10),
  ]);
  expect(longestWaitSeconds).toBe(7);
});

test("a rejected request of a single token had no TPOT to come", async () => {
  const { total } = await measure([rejection(1, 0, { outputTokens: 1 }), rejection(1, 1, { outputTokens: 2 }), end(1)]);
  expect([total.latency.tpotSeconds.missing, total.latency.ttftSeconds.missing]).toEqual([1, 2]);
});

test("without classes there is nothing by class", async () => {
  const { total } = await measure([arrival(0, 0, 1), end(1)]);
  expect(total.classes.size).toBe(0);
});

const target = fc.option(fc.double({ min: 0.001, max: 3, noNaN: true }), { nil: undefined });
const targets = fc.record({ ttftSeconds: target, tpotSeconds: target, e2eSeconds: target });
type Targets = Readonly<Record<keyof ServiceLevel, number | undefined>>;

const sloOf = (wanted: Targets, strictness = 1): ServiceLevel =>
  Object.fromEntries(
    Object.entries(wanted).flatMap(([name, seconds]) => (seconds === undefined ? [] : [[name, seconds * strictness]])),
  );

const names = ["a", "b", "c"];

/** Runs of three classes, two of them with targets, at times short of memory and at times cut off. */
const runs = fc.record({
  list: jobs,
  deployment: deployments,
  targets: fc.tuple(targets, targets),
  horizonSeconds: fc.option(fc.double({ min: 0.01, max: 3, noNaN: true }), { nil: undefined }),
});

type Run = typeof runs extends fc.Arbitrary<infer R> ? R : never;

function eventsOf({ list, deployment, targets: of, horizonSeconds }: Run, strictness = 1): Observable<ServingEvent> {
  const slos = [sloOf(of[0], strictness), sloOf(of[1], strictness), undefined];
  const traits = (place: number): Partial<RequestSpec> => {
    const slo = slos[place % 3];
    return { className: names[place % 3], ...(slo && { slo }) };
  };
  return serving$({
    jobs: list.map((job, place) => ({ ...job, ...traits(place) })),
    ...deployment,
    ...(horizonSeconds !== undefined && { horizonSeconds }),
  });
}

describe("by law", () => {
  test("the classes of a run merge into all its requests", async () => {
    await fc.assert(
      fc.asyncProperty(runs, async (run) => {
        const { total } = await measureLive(eventsOf(run));
        const merged = new RequestTally();
        for (const tally of total.classes.values()) merged.merge(tally);
        expect(total.counts).toMatchObject({ ...merged.counts });
        for (const [name, histogram] of Object.entries(merged.latency)) {
          const all = total.latency[name as keyof typeof merged.latency];
          expect([all.count, all.missing, all.least, all.greatest]).toEqual([
            histogram.count,
            histogram.missing,
            histogram.least,
            histogram.greatest,
          ]);
          for (const q of [0.1, 0.5, 0.9, 0.99]) expect(all.quantile(q)).toBe(histogram.quantile(q));
        }
      }),
      { numRuns: 100 },
    );
  });

  test("goodput is at most throughput, and every request's fate is met, missed or open", async () => {
    await fc.assert(
      fc.asyncProperty(runs, async (run) => {
        const { total } = await measureLive(eventsOf(run));
        for (const { counts } of [total, ...total.classes.values()]) {
          const { offered, finished, rejected, sloOffered, sloMet, sloMissed } = counts;
          const unfinished = offered - finished - rejected;
          expect(sloMet).toBeLessThanOrEqual(finished);
          expect(sloOffered).toBeLessThanOrEqual(offered);
          expect(sloMet + sloMissed).toBeLessThanOrEqual(sloOffered);
          expect(sloOffered - sloMet - sloMissed).toBeLessThanOrEqual(unfinished);
          if (run.horizonSeconds === undefined) expect(sloMet + sloMissed).toBe(sloOffered);
        }
        expect(total.classes.get("c")?.counts.sloOffered ?? 0).toBe(0);
      }),
      { numRuns: 100 },
    );
  });

  test("stricter targets never raise what is met, nor lower what is missed", async () => {
    await fc.assert(
      fc.asyncProperty(runs, fc.double({ min: 0, max: 1, noNaN: true }), async (run, strictness) => {
        const [lax, strict] = await Promise.all(
          [1, strictness].map(async (factor) => (await measureLive(eventsOf(run, factor))).total.counts),
        );
        expect(strict!.sloMet).toBeLessThanOrEqual(lax!.sloMet);
        expect(strict!.sloMissed).toBeGreaterThanOrEqual(lax!.sloMissed);
        expect(strict!.sloOffered).toBe(lax!.sloOffered);
      }),
      { numRuns: 60 },
    );
  });

  test("sections merge into what one section would have held, and the same holds of each class", async () => {
    const facts = ({ total, longestWaitSeconds, endSeconds }: Measurement) => ({
      longestWaitSeconds,
      endSeconds,
      counts: [total, ...total.classes.values()].map(({ counts }) => counts),
      p90: [total, ...total.classes.values()].map(({ latency }) =>
        Object.values(latency).map((histogram) => histogram.quantile(0.9)),
      ),
    });
    await fc.assert(
      fc.asyncProperty(runs, async (run) => {
        const [whole, cut] = [await measureLive(eventsOf(run), 1e9), await measureLive(eventsOf(run), 20)];
        expect(facts(cut)).toEqual(facts(whole));
        for (const integral of ["queueSeconds", "oldestWaitSeconds"] as const) {
          const [one, other] = [cut.total.total(integral), whole.total.total(integral)];
          expect(Math.abs(one - other)).toBeLessThanOrEqual(1e-12 * Math.max(one, other));
        }
        for (const [name, tally] of whole.total.classes)
          expect(cut.total.classes.get(name)!.counts).toEqual(tally.counts);
      }),
      { numRuns: 60 },
    );
  });

  test("the oldest that waits is as old as the requests' own instants say", async () => {
    await fc.assert(
      fc.asyncProperty(runs, async (run) => {
        const events: ServingEvent[] = [];
        const measured = await measureLive(eventsOf(run).pipe(tap((event) => events.push(event))));
        const { total, longestWaitSeconds, endSeconds } = measured;
        const waits = requestsWaiting(events, endSeconds);
        const longest = Math.max(...waits.map(({ from, to }) => to - from));
        expect(longestWaitSeconds).toBe(longest);
        const exact = integralOfOldest(waits);
        expect(Math.abs(total.total("oldestWaitSeconds") - exact)).toBeLessThanOrEqual(1e-9 * exact);
      }),
      { numRuns: 100 },
    );
  });
});

interface Wait {
  readonly from: number;
  readonly to: number;
}

/** From when to when each request waited for its first admission. */
function requestsWaiting(events: readonly ServingEvent[], endSeconds: number): Wait[] {
  return events.flatMap((event) => {
    if (event.kind !== "arrival") return [];
    const { arrivalSeconds, admittedSeconds } = event.request;
    return [{ from: arrivalSeconds, to: Number.isNaN(admittedSeconds) ? endSeconds : admittedSeconds }];
  });
}

/** ∫ age of the oldest that waits · dt, stretch by stretch between all instants at which anything changes. */
function integralOfOldest(waits: readonly Wait[]): number {
  const instants = [...new Set(waits.flatMap(({ from, to }) => [from, to]))].sort((a, b) => a - b);
  return instants.slice(1).reduce((sum, to, place) => {
    const from = instants[place]!;
    const oldest = Math.min(...waits.filter((wait) => wait.from <= from && wait.to >= to).map((wait) => wait.from));
    return oldest === Number.POSITIVE_INFINITY ? sum : sum + (to - from) * ((from + to) / 2 - oldest);
  }, 0);
}
