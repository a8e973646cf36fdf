import { lastValueFrom } from "rxjs";
import { describe, expect, test } from "vitest";
import { synchronousPace } from "../../src/kernel/pace.ts";
import { simulate } from "../../src/kernel/simulate.ts";
import { measurement } from "../../src/observe/measurement.ts";
import type { Delivery, HandOff, ServingEvent } from "../../src/serving/events.ts";
import { type Clustered, clusterOf, kvBytesPerToken, type Member, serveCluster } from "./cluster-harness.ts";
import { type Job, requestsOf, smallStepTime } from "./harness.ts";

const job = (arrivalSeconds: number, promptTokens: number, outputTokens: number): Job => ({
  arrivalSeconds,
  promptTokens,
  outputTokens,
});
const ofKind = <Kind extends ServingEvent["kind"]>(events: readonly ServingEvent[], kind: Kind) =>
  events.filter((event): event is Extract<ServingEvent, { kind: Kind }> => event.kind === kind);
/** Who was admitted where and when. */
const dispatches = (events: readonly ServingEvent[]) =>
  ofKind(events, "dispatch").map(({ atSeconds, replica, admitted }) => [
    atSeconds,
    replica,
    admitted.map(({ id }) => id),
  ]);

/** Seconds that a prompt takes alone, and those of a decode step that reads so many cached tokens. */
const promptSeconds = (tokens: number) =>
  smallStepTime().time({
    tokens,
    attentionPairs: (tokens * (tokens - 1)) / 2,
    kvTokensRead: 0,
    sequences: 1,
    outputs: 1,
  }).tripSeconds;
const tokenSeconds = (contextTokens: number) =>
  smallStepTime().time({
    tokens: 1,
    attentionPairs: contextTokens,
    kvTokensRead: contextTokens,
    sequences: 1,
    outputs: 1,
  }).tripSeconds;

describe("a central queue", () => {
  const alone = { maxSequences: 1 };
  const shared = (members: readonly Member[], jobs: readonly Job[]) =>
    serveCluster({ members, jobs, router: { name: "central-queue" } });

  test("gives its head to the free replica with the lowest index, also where both came free at one instant", async () => {
    const equal = [job(0, 10, 5), job(0, 10, 5), job(0.001, 10, 5), job(0.001, 10, 5)];
    const events = await shared([alone, alone], equal);
    const taken = dispatches(events);
    expect(taken.map(([, replica, ids]) => [replica, ids])).toEqual([
      [0, [0]],
      [1, [1]],
      [0, [2]],
      [1, [3]],
    ]);
    expect(taken[2]![0]).toBe(taken[3]![0]);
  });

  test("asks a replica that had no room for the head again, within the instant in which another takes it", async () => {
    // Both hold a cache of 60 tokens that sets out for long; replica 0 reads the first, so it has room for 40 more.
    const events = await serveCluster({
      members: [
        { role: "prefill", kvCapacityTokens: 100, maxSequences: 1 },
        { role: "prefill", kvCapacityTokens: 100, maxSequences: 1 },
        { role: "decode" },
      ],
      router: { name: "central-queue" },
      link: { bytesPerSecond: kvBytesPerToken, latencySeconds: 0, sharedBy: "pool" },
      jobs: [job(0, 60, 2), job(1, 50, 2), job(1, 30, 2)],
    });
    expect(dispatches(events).slice(0, 3)).toEqual([
      [0, 0, [0]],
      [1, 1, [1]],
      [1, 0, [2]],
    ]);
  });

  test("takes back what one replica preempts, and another may serve it on", async () => {
    const tight = { kvCapacityTokens: 60 };
    const events = await shared([tight, tight], [job(0, 20, 30), job(0, 20, 30), job(0.02, 20, 20)]);
    const [preempted] = ofKind(events, "preemption");
    const again = ofKind(events, "dispatch").find(
      ({ atSeconds, admitted }) => atSeconds > preempted!.atSeconds && admitted.includes(preempted!.request),
    );
    expect(preempted!.replica).toBe(0);
    expect(again!.replica).toBe(1);
    for (const request of requestsOf(events)) expect(request.emittedTokens).toBe(request.outputTokens);
  });
});

describe("routing", () => {
  test("counts what was sent, and forgets what has left", async () => {
    const jobs = [job(0, 50, 200), job(0.001, 50, 2), job(0.5, 50, 2), job(0.6, 50, 2)];
    const events = await serveCluster({ members: [{}, {}], jobs, router: { name: "least-requests" } });
    expect(dispatches(events).map(([, replica]) => replica)).toEqual([0, 1, 1, 1]);
  });

  test("sees the tokens that a leap under way has emitted", async () => {
    // After a second, the one that began with 100 tokens has 200 more; the other stands at 250.
    const jobs = [job(0, 100, 2_000), job(0, 250, 1), job(0.02, 250, 2_000), job(1, 10, 2)];
    const events = await serveCluster({ members: [{}, {}], jobs, router: { name: "least-tokens" }, mode: "leap" });
    const emitted = ofKind(events, "advance").length;
    expect(emitted).toBeLessThan(12);
    expect(dispatches(events).map(([, replica]) => replica)).toEqual([0, 1, 1, 0]);
  });

  test("goes by those that can hold a request; one that none can hold is turned away once", async () => {
    const members = [{ kvCapacityTokens: 100 }, { kvCapacityTokens: 1_000 }];
    const jobs = [job(0, 500, 2), job(0.1, 500, 2), job(0.2, 5_000, 2)];
    const events = await serveCluster({ members, jobs, router: { name: "round-robin" } });
    expect(dispatches(events).map(([, replica]) => replica)).toEqual([1, 1]);
    const rejections = ofKind(events, "rejection");
    expect(rejections.map(({ request, reason }) => [request.id, reason])).toEqual([[2, "needs 5001 KV blocks of 100"]]);
  });
});

describe("prompts read and outputs decoded apart", () => {
  const split: Pick<Clustered, "members" | "link"> = {
    members: [{ role: "prefill" }, { role: "decode" }],
    link: { bytesPerSecond: kvBytesPerToken * 1_000, latencySeconds: 0.004, sharedBy: "pool" },
  };

  test("the first token comes where the prompt is read, the second after the cache has moved and one step", async () => {
    const events = await serveCluster({ ...split, jobs: [job(1, 200, 3)] });
    const [request] = requestsOf(events);
    const firstToken = 1 + promptSeconds(200);
    const arrived = firstToken + 0.2 + 0.004;
    expect(request!.firstTokenSeconds).toBeCloseTo(firstToken, 12);
    expect(ofKind(events, "delivery")[0]).toMatchObject({ from: 0, replica: 1, kvTokens: 200 });
    expect(ofKind(events, "delivery")[0]!.atSeconds).toBeCloseTo(arrived, 12);
    expect(request!.finishSeconds).toBeCloseTo(arrived + tokenSeconds(200) + tokenSeconds(201), 12);
  });

  test("its time between tokens includes the move, and it has queued but once", async () => {
    const { time, model } = clusterOf({ ...split, jobs: [job(1, 200, 3)] });
    const { total } = await lastValueFrom(simulate(time, model, { pace: synchronousPace }).pipe(measurement()));
    expect(total.latency.itlSeconds.count).toBe(2);
    expect(total.latency.itlSeconds.greatest).toBeCloseTo(0.204 + tokenSeconds(200), 12);
    expect(total.latency.queueingSeconds.count).toBe(1);
  });

  test("caches that set out together queue for the link", async () => {
    const events = await serveCluster({ ...split, jobs: [job(0, 100, 3), job(0, 300, 3)] });
    const [first, second] = ofKind(events, "delivery") as [Delivery, Delivery];
    expect(ofKind(events, "handoff").map(({ waiting }) => waiting)).toEqual([1, 2]);
    expect(first.queuedSeconds).toBe(0);
    expect(second.queuedSeconds).toBeCloseTo(0.1, 12);
    expect(second.atSeconds - first.atSeconds).toBeCloseTo(0.3, 12);
  });

  test("links of their own do not", async () => {
    const members = [...split.members, { role: "prefill" } as const];
    const link = { ...split.link!, sharedBy: "sender" as const };
    const events = await serveCluster({ members, link, jobs: [job(0, 100, 3), job(0, 300, 3)] });
    expect(ofKind(events, "delivery").map(({ queuedSeconds }) => queuedSeconds)).toEqual([0, 0]);
  });

  test("a request of one token ends where its prompt is read", async () => {
    const events = await serveCluster({ ...split, jobs: [job(0, 100, 1)] });
    expect(ofKind(events, "handoff")).toEqual([]);
    expect(ofKind(events, "finish").map(({ replica }) => replica)).toEqual([0]);
  });

  test("a prompt waits until caches that have set out have made room for it", async () => {
    const members = [{ role: "prefill" as const, kvCapacityTokens: 150 }, split.members[1]!];
    const events = await serveCluster({ ...split, members, jobs: [job(0, 100, 3), job(0, 100, 3)] });
    const [, second] = ofKind(events, "dispatch").filter(({ replica }) => replica === 0);
    expect(second!.atSeconds).toBe(ofKind(events, "delivery")[0]!.atSeconds);
  });

  test("what is preempted where it decodes is read anew there", async () => {
    const members = [split.members[0]!, { role: "decode" as const, kvCapacityTokens: 150 }];
    const events = await serveCluster({ ...split, members, jobs: [job(0, 50, 60), job(0, 50, 60)] });
    const [preempted] = ofKind(events, "preemption");
    expect(preempted!.replica).toBe(1);
    const anew = ofKind(events, "advance").filter(({ replica, prefilled }) => replica === 1 && prefilled.length > 0);
    expect(anew.map(({ prefilled }) => prefilled.map(({ id }) => id))).toEqual([[preempted!.request.id]]);
    expect(anew[0]!.recomputedTokens).toBe(preempted!.droppedTokens);
    expect(ofKind(events, "handoff")).toHaveLength(2);
    for (const request of requestsOf(events)) expect(request.emittedTokens).toBe(60);
  });

  test("what no replica that decodes could hold is turned away as it arrives, unless nothing is left to decode", async () => {
    const members = [split.members[0]!, { role: "decode" as const, kvCapacityTokens: 120 }];
    const events = await serveCluster({ ...split, members, jobs: [job(0, 100, 60), job(1, 100, 1), job(2, 100, 20)] });
    expect(ofKind(events, "rejection").map(({ request }) => request.id)).toEqual([0]);
    expect(ofKind(events, "finish").map(({ request }) => request.id)).toEqual([1, 2]);
  });

  test("replicas that decode may share a queue: the first with room takes what has arrived", async () => {
    const members = [
      split.members[0]!,
      { role: "decode", maxSequences: 1 },
      { role: "decode", maxSequences: 1 },
    ] as const;
    const link = { ...split.link!, router: { name: "central-queue" } as const };
    const events = await serveCluster({ members, link, jobs: [job(0, 10, 80), job(0, 10, 20), job(0, 10, 20)] });
    const decoding = ofKind(events, "dispatch").filter(({ replica }) => replica > 0);
    expect(decoding.map(({ replica, admitted }) => [replica, admitted.map(({ id }) => id)])).toEqual([
      [1, [0]],
      [2, [1]],
      [2, [2]],
    ]);
    expect(ofKind(events, "delivery").every(({ replica }) => replica === undefined)).toBe(true);
  });

  test("a replica for the cache is chosen as it sets out, those on their way counted", async () => {
    const members = [split.members[0]!, { role: "decode" }, { role: "decode" }] as const;
    const events = await serveCluster({ ...split, members, jobs: [job(0, 100, 3), job(0, 100, 3)] });
    const [first, second] = ofKind(events, "handoff") as [HandOff, HandOff];
    expect(second.atSeconds).toBe(first.atSeconds);
    expect(ofKind(events, "delivery").map(({ replica }) => replica)).toEqual([1, 2]);
  });
});

test.each(["prefill-first", "chunked-prefill", "static", "dynamic", "continuous"])(
  "under %s a request whose cache comes with it joins without reading anything",
  async (name) => {
    const options = { timeout: 0, minSequences: 1, tokenBudget: 512, maxPrefillTokens: 512 };
    const events = await serveCluster({
      members: [{ role: "prefill" }, { role: "decode", policy: { name, ...options } as Member["policy"] & object }],
      link: { bytesPerSecond: 1e9, latencySeconds: 0, sharedBy: "pool" },
      jobs: [job(0, 100, 20), job(0.01, 100, 20), job(0.02, 100, 20)],
    });
    const decoding = ofKind(events, "advance").filter(({ replica }) => replica === 1);
    expect(decoding.every(({ prefillTokens }) => prefillTokens === 0)).toBe(true);
    expect(decoding.reduce((sum, { decodedTokens }) => sum + decodedTokens, 0)).toBe(3 * 19);
  },
);
