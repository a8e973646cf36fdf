import { afterEach, describe, expect, test, vi } from "vitest";
import { SteadyRun } from "../../src/bounds/steady-run.ts";
import { Rank } from "../../src/kernel/calendar.ts";
import { SimulatedTime } from "../../src/kernel/simulated-time.ts";
import { ArrivalQueue } from "../../src/serving/arrival-queue.ts";
import type { ServingEvent } from "../../src/serving/events.ts";
import { KvLedger } from "../../src/serving/kv-ledger.ts";
import { Pipeline } from "../../src/serving/pipeline.ts";
import { tokenByToken } from "../oracle/token-by-token.ts";
import { requestsOf, type Serving, serve, smallStepTime } from "../serving/harness.ts";
import { obey } from "./laws.ts";

/** Requests in a crowd and alone, more than the KV cache holds at once. */
const jobs = Array.from({ length: 60 }, (_, index) => ({
  arrivalSeconds: index < 40 ? index * 0.003 : index * 0.2,
  promptTokens: 10 + ((index * 53) % 120),
  outputTokens: 1 + ((index * 29) % 50),
}));

const serving: Serving = { jobs, maxSequences: 12, kvCapacityTokens: 700 };

const judge = async (change?: (events: ServingEvent[]) => ServingEvent[]) => {
  const events = await serve(serving);
  obey({ serving, events: change === undefined ? events : change(events) });
  const expected = tokenByToken(jobs, smallStepTime(), 12, 700);
  for (const [index, request] of requestsOf(events).entries()) {
    const { firstTokenSeconds, finishSeconds } = expected[index]!;
    if (Math.abs(request.firstTokenSeconds - firstTokenSeconds) > 1e-9)
      throw new Error("first token: not the oracle's");
    if (Math.abs(request.finishSeconds - finishSeconds) > 1e-9) throw new Error("finish: not the oracle's");
  }
};

afterEach(() => vi.restoreAllMocks());

describe("faults planted in the simulator are caught by itself, the laws or the oracle", () => {
  test("none planted, none found", async () => {
    await expect(judge()).resolves.toBeUndefined();
  });

  test("a stranded queue: the last that waits is never seen", async () => {
    const { get } = Object.getOwnPropertyDescriptor(ArrivalQueue.prototype, "length")!;
    vi.spyOn(ArrivalQueue.prototype, "length", "get").mockImplementation(function (this: ArrivalQueue) {
      return Math.max(0, get!.call(this) - 1);
    });
    await expect(judge()).rejects.toThrow(/requests left: \d+, and nothing is to come/);
  });

  test("a lost wake-up: one dispatch is not booked", async () => {
    const book = SimulatedTime.prototype.at;
    let lost = 0;
    vi.spyOn(SimulatedTime.prototype, "at").mockImplementation(function (this: SimulatedTime, seconds, rank, due) {
      const isLast = rank === Rank.dispatch && seconds === jobs.at(-1)!.arrivalSeconds;
      if (isLast) lost++;
      else book.call(this, seconds, rank, due);
    });
    await expect(judge()).rejects.toThrow(/requests left: 1, and nothing is to come/);
    expect(lost).toBe(1);
  });

  test("a leaked block: one block is not given back", async () => {
    const give = KvLedger.prototype.give;
    let gifts = 0;
    vi.spyOn(KvLedger.prototype, "give").mockImplementation(function (this: KvLedger, blocks) {
      give.call(this, ++gifts === 7 ? blocks - 1 : blocks);
    });
    await expect(judge()).rejects.toThrow(/blocks are held where nothing runs/);
  });

  test("a rejected request that is counted twice", async () => {
    const withOne = { ...serving, jobs: [...jobs, { arrivalSeconds: 1, promptTokens: 701, outputTokens: 1 }] };
    const events = await serve(withOne);
    expect(events.some(({ kind }) => kind === "rejection")).toBe(true);
    expect(() => obey({ serving: withOne, events })).not.toThrow();
    const twice = events.flatMap((event): ServingEvent[] => (event.kind === "rejection" ? [event, event] : [event]));
    expect(() => obey({ serving: withOne, events: twice })).toThrow(/ended 2 times/);
  });

  test("a shift by half a step: what lands, lands early", async () => {
    const enter = Pipeline.prototype.enter;
    let trips = 0;
    vi.spyOn(Pipeline.prototype, "enter").mockImplementation(function (this: Pipeline, trip, now, seconds, hop) {
      enter.call(this, trip, now, ++trips === 30 ? seconds / 2 : seconds, hop);
    });
    await expect(judge()).rejects.toThrow(/no request is faster than alone|no step is shorter than its bound/);
  });

  test("an arrival that joins a step late: a leap is cut at the boundary after the next", async () => {
    const stepsToLast = SteadyRun.prototype.stepsToLast;
    vi.spyOn(SteadyRun.prototype, "stepsToLast").mockImplementation(function (this: SteadyRun, seconds, most) {
      return Math.min(most, stepsToLast.call(this, seconds, most) + 1);
    });
    await expect(judge()).rejects.toThrow(/oracle/);
  });

  test("a preemption that is lost: the request never waits again", async () => {
    vi.spyOn(ArrivalQueue.prototype, "pushToHead").mockImplementation(() => {});
    await expect(judge()).rejects.toThrow(/requests left: \d+, and nothing is to come/);
  });

  test("tokens that nobody asked for", async () => {
    const more = (events: ServingEvent[]) =>
      events.map((event) =>
        event.kind === "advance" && event.decoding > 3 ? { ...event, decodedTokens: event.decodedTokens + 1 } : event,
      );
    await expect(judge(more)).rejects.toThrow(/tokens were told/);
  });
});
