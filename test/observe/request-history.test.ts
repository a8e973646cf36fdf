import { lastValueFrom, of } from "rxjs";
import { describe, expect, test } from "vitest";
import { requestHistory } from "../../src/observe/request-history.ts";
import type { ServingEvent } from "../../src/serving/events.ts";
import type { RequestRecord } from "../../src/serving/request.ts";
import { advance, dispatch as dispatched, request } from "./events.ts";

const historyOf = (...events: ServingEvent[]) => lastValueFrom(of(...events).pipe(requestHistory()));

const arrival = (record: RequestRecord, waiting: number): ServingEvent => ({
  kind: "arrival",
  atSeconds: record.arrivalSeconds,
  request: record,
  waiting,
});
const dispatch = (atSeconds: number, waiting: number, ...admitted: RequestRecord[]): ServingEvent =>
  dispatched(atSeconds, admitted, waiting);
const finish = (record: RequestRecord): ServingEvent => ({
  kind: "finish",
  atSeconds: record.finishSeconds,
  replica: 0,
  request: record,
});
const end = (atSeconds: number): ServingEvent => ({ kind: "end", atSeconds, stages: [] });

/** Served at once, after a wait, turned away, and left behind. */
const slo = { ttftSeconds: 1.5, e2eSeconds: 10 };
const first = request(0, {
  arrivalSeconds: 1,
  admittedSeconds: 1,
  firstTokenSeconds: 2,
  finishSeconds: 4,
  outputTokens: 3,
  promptTokens: 7,
  slo,
});
const second = request(1, { arrivalSeconds: 2, admittedSeconds: 4, firstTokenSeconds: 5, finishSeconds: 5, slo });
const refused = request(2, { arrivalSeconds: 3, slo });
const left = request(3, { arrivalSeconds: 4, admittedSeconds: 5, firstTokenSeconds: 6, outputTokens: 9 });

const events = [
  arrival(first, 1),
  dispatch(1, 0, first),
  advance(1, 2, { prefilling: 1, prefilled: [first] }),
  arrival(second, 1),
  { kind: "rejection", atSeconds: 3, request: refused, reason: "too long" },
  advance(2, 4, { decoding: 1, steps: 2 }),
  finish(first),
  arrival(left, 2),
  dispatch(4, 1, second),
  advance(4, 5, { prefilling: 1, prefilled: [second] }),
  finish(second),
  dispatch(5, 0, left),
  advance(5, 6, { prefilling: 1, prefilled: [left] }),
  end(7),
] as const satisfies readonly ServingEvent[];

describe("what became of every request", () => {
  test("in order of arrival: what never came is Infinity", async () => {
    const history = await historyOf(...events);
    const never = Number.POSITIVE_INFINITY;
    expect([...history.arrivalSeconds]).toEqual([1, 2, 3, 4]);
    expect([...history.waitSeconds]).toEqual([0, 2, never, 1]);
    expect([...history.firstTokenSeconds]).toEqual([1, 3, never, 2]);
    expect([...history.sojournSeconds]).toEqual([3, 3, never, never]);
    expect([...history.promptTokens]).toEqual([7, 1, 1, 1]);
    expect([...history.outputTokens]).toEqual([3, 1, 1, 9]);
    // The first kept its promises, the second was late, the third turned away, nothing was promised to the fourth.
    expect([...history.kept]).toEqual([1, 0, 0, Number.NaN]);
    expect(history.endSeconds).toBe(7);
  });

  test("totals as each request found them: tokens as they are emitted, with the instant up to which they are known", async () => {
    const { present, totals } = await historyOf(...events);
    expect([...present]).toEqual([1, 2, 2, 2]);
    expect([...totals.queueSeconds]).toEqual([0, 0, 1, 2]);
    expect([...totals.batchSeconds]).toEqual([0, 1, 2, 3]);
    expect([...totals.busySeconds]).toEqual([0, 1, 2, 3]);
    expect([...totals.finished]).toEqual([0, 0, 0, 1]);
    expect([...totals.outputTokens]).toEqual([0, 1, 1, 3]);
    expect([...totals.landedSeconds]).toEqual([0, 2, 2, 4]);
  });

  test("books that agree: what is left at the end is cut off there, what was turned away was never there", async () => {
    const { books } = await historyOf(...events);
    expect(books).toMatchObject({ offered: 4, finished: 2, rejected: 1, waiting: 0, running: 1 });
    expect(books.presentSeconds).toBe(books.sojournSeconds);
    expect(books.sojournSeconds).toBe(3 + 3 + 3);
    expect(books.serviceSeconds).toBe(5);
  });

  test("of several replicas totals are those of one", async () => {
    const [one, other] = [request(0, { arrivalSeconds: 0 }), request(1, { arrivalSeconds: 2 })];
    const { totals } = await lastValueFrom(
      of(arrival(one, 1), { ...dispatch(0, 0, one), replica: 1 }, arrival(other, 1), end(3)).pipe(
        requestHistory({ replicas: 2, queues: 1 }),
      ),
    );
    expect(totals.busySeconds[1]).toBe(1);
    expect(totals.batchSeconds[1]).toBe(1);
  });
});
