import { describe, expect, test } from "vitest";
import type { Advance, ServingEvent } from "../../../src/serving/events.ts";
import { type Job, requestsOf, serve, smallStepTime } from "../harness.ts";

const advances = (events: readonly ServingEvent[]) =>
  events.filter((event): event is Advance => event.kind === "advance");

const job = (arrivalSeconds: number, promptTokens: number, outputTokens: number): Job => ({
  arrivalSeconds,
  promptTokens,
  outputTokens,
});

describe("static batches", () => {
  const jobs = [job(0, 10, 3), job(0, 10, 9), job(0.001, 10, 2), job(0.001, 10, 2), job(0.001, 10, 2)];

  test("run to their longest output, ended sequences padding them, and nothing joins on the way", async () => {
    const events = await serve({ jobs, policy: { name: "static" }, maxSequences: 2 });
    const batches = events
      .filter((event) => event.kind === "dispatch")
      .map(({ admitted }) => admitted.map(({ id }) => id));
    expect(batches).toEqual([[0, 1], [2, 3], [4]]);
    const first = advances(events).slice(0, 3);
    // The prompts' step, two steps of two sequences, six of one with the other's slot beside it.
    expect(
      first.map(({ steps, decoding, padding, decodedTokens }) => [steps, decoding, padding, decodedTokens]),
    ).toEqual([
      [1, 0, 0, 0],
      [2, 2, 0, 4],
      [6, 1, 1, 6],
    ]);
  });

  test("padding costs a step what a running sequence of the same context costs", async () => {
    const events = await serve({ jobs: jobs.slice(0, 2), policy: { name: "static" } });
    const padded = advances(events).at(-1)!;
    const stepTime = smallStepTime();
    let seconds = 0;
    for (let step = 0; step < 6; step++) {
      const context = 2 * (12 + step);
      const shape = { tokens: 2, attentionPairs: context, kvTokensRead: context, sequences: 2, outputs: 2 };
      seconds += stepTime.time(shape).tripSeconds;
    }
    expect(padded.atSeconds - padded.startSeconds).toBeCloseTo(seconds, 12);
    expect(padded.paddingPairs).toBe(6 * 12 + 15);
    expect(padded.decodePairs).toBe(6 * 12 + 15);
  });

  test("a request is done when its own output is, and its slot when the batch's is", async () => {
    const events = await serve({ jobs: jobs.slice(0, 2), policy: { name: "static" } });
    const [short, long] = requestsOf(events);
    expect(short!.finishSeconds).toBeLessThan(long!.finishSeconds);
    expect(advances(events).map(({ releasedTokens }) => releasedTokens)).toEqual([0, 0, 2 * 18]);
  });

  test("padding gives way where the KV cache would preempt a sequence that goes on", async () => {
    const events = await serve({ jobs: jobs.slice(0, 2), policy: { name: "static" }, kvCapacityTokens: 28 });
    expect(events.some(({ kind }) => kind === "preemption")).toBe(false);
    expect(advances(events).map(({ padding }) => padding)).toEqual([0, 0, 1, 0]);
  });
});

describe("dynamic batches", () => {
  const policy = { name: "dynamic", minSequences: 3, timeout: 0.5 };
  const starts = async (jobs: readonly Job[]) =>
    (await serve({ jobs, policy, maxSequences: 4 })).flatMap((event) =>
      event.kind === "dispatch" ? [[event.atSeconds, event.admitted.length]] : [],
    );

  test("start as soon as enough requests wait", async () => {
    expect(await starts([job(0.1, 5, 1), job(0.2, 5, 1), job(0.3, 5, 1)])).toEqual([[0.3, 3]]);
  });

  test("start when the oldest request has waited for the timeout, with what there is", async () => {
    expect(await starts([job(0.1, 5, 1), job(0.2, 5, 1)])).toEqual([[0.6, 2]]);
  });

  test("count the wait behind a batch that runs towards the timeout", async () => {
    const [, second] = await starts([job(0, 5, 200), job(0, 5, 200), job(0, 5, 200), job(0.1, 5, 1)]);
    const [longest] = requestsOf(await serve({ jobs: [job(0, 5, 200), job(0, 5, 200), job(0, 5, 200)], policy }));
    expect(longest!.finishSeconds).toBeGreaterThan(0.6);
    expect(second).toEqual([longest!.finishSeconds, 1]);
  });

  test("with a size of one are static batches", async () => {
    const jobs = Array.from({ length: 30 }, (_, index) => job(index * 0.004, 5 + index, 1 + (index % 7)));
    const finishes = async (name: Readonly<Record<string, unknown>>) =>
      requestsOf(await serve({ jobs, policy: name, maxSequences: 5 })).map(({ finishSeconds }) => finishSeconds);
    expect(await finishes({ name: "dynamic", minSequences: 1 })).toEqual(await finishes({ name: "static" }));
  });
});
