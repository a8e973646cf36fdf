import fc from "fast-check";
import { from, lastValueFrom, tap } from "rxjs";
import { describe, expect, test } from "vitest";
import { lawVerdicts } from "../../src/experiment/check.ts";
import { synchronousPace } from "../../src/kernel/pace.ts";
import { simulate } from "../../src/kernel/simulate.ts";
import { measurement } from "../../src/observe/measurement.ts";
import { requestHistory } from "../../src/observe/request-history.ts";
import type { Delivery, HandOff, ServingEvent } from "../../src/serving/events.ts";
import type { RequestRecord } from "../../src/serving/request.ts";
import { type Clustered, clusterOf, kvBytesPerToken, serveCluster } from "../serving/cluster-harness.ts";
import { requestsOf } from "../serving/harness.ts";
import { alike, clusters, elaborate, named, sharing, split } from "./clusters.ts";
import { relative } from "./totals.ts";

const modes = fc.constantFrom("leap" as const, "step" as const);
const horizons = fc.option(fc.double({ min: 0.005, max: 2, noNaN: true }), { nil: undefined });

/** Rounding of sums is allowed for, nothing else. */
const rounding = 1e-12;

/** Where each request is, as the events tell it. */
class Whereabouts {
  readonly waiting = new Set<number>();
  readonly running = new Map<number, number>();
  readonly ended = new Set<number>();

  on(event: ServingEvent): void {
    switch (event.kind) {
      case "arrival":
        this.waiting.add(event.request.id);
        expect(event.waiting).toBe(this.waiting.size);
        break;
      case "rejection":
        this.#end(event.request.id);
        break;
      case "dispatch":
        for (const { id } of event.admitted) {
          expect(this.waiting.delete(id)).toBe(true);
          this.running.set(id, event.replica);
        }
        expect(event.waiting).toBe(this.waiting.size);
        break;
      case "preemption":
        this.#leave(event.request.id, event.replica);
        this.waiting.add(event.request.id);
        break;
      case "handoff":
        this.#leave(event.request.id, event.replica);
        this.waiting.add(event.request.id);
        expect(event.waiting).toBe(this.waiting.size);
        break;
      case "delivery":
        expect(this.waiting.has(event.request.id)).toBe(true);
        break;
      case "finish":
        this.#leave(event.request.id, event.replica);
        this.#end(event.request.id);
        break;
    }
  }

  #leave(id: number, replica: number): void {
    expect(this.running.get(id)).toBe(replica);
    this.running.delete(id);
  }

  #end(id: number): void {
    expect(this.ended.has(id)).toBe(false);
    this.ended.add(id);
  }
}

const ofKind = <Kind extends ServingEvent["kind"]>(events: readonly ServingEvent[], kind: Kind) =>
  events.filter((event): event is Extract<ServingEvent, { kind: Kind }> => event.kind === kind);

describe("in any cluster", () => {
  test.each([
    ["with several replicas and pools", alike, clusters],
    ["with orders, reservations, swaps and shared prefixes", named, elaborate],
  ] as const)(
    "%s, every request is at one place at a time, ends exactly once, is read once and emits the tokens it was asked for",
    async (_, jobs, layouts) => {
      await fc.assert(
        fc.asyncProperty(
          jobs as typeof alike,
          layouts as typeof elaborate,
          modes,
          horizons,
          async (list, cluster, mode, horizon) => {
            const events = await serveCluster({
              jobs: list,
              ...cluster,
              mode,
              ...(horizon !== undefined && { horizonSeconds: horizon }),
            });
            const whereabouts = new Whereabouts();
            for (const event of events) whereabouts.on(event);
            const requests = requestsOf(events);
            const { ended, running, waiting } = whereabouts;
            expect(ended.size + running.size + waiting.size).toBe(requests.length);
            if (horizon !== undefined) return;
            expect(ended.size).toBe(list.length);
            const served = requests.filter(({ finishSeconds }) => !Number.isNaN(finishSeconds));
            for (const request of served) expect(request.emittedTokens).toBe(request.outputTokens);
            const emitted = ofKind(events, "advance").map((event) => event.decodedTokens + event.prefilled.length);
            const asked = served.map(({ outputTokens }) => outputTokens);
            expect(sum(emitted)).toBe(sum(asked));
            if (ofKind(events, "preemption").length > 0) return;
            const read = ofKind(events, "advance").map(({ prefillTokens }) => prefillTokens);
            const found = ofKind(events, "dispatch").map(({ cachedTokens }) => cachedTokens);
            expect(sum(read) + sum(found)).toBe(sum(served.map(({ promptTokens }) => promptTokens)));
          },
        ),
        { numRuns: 300 },
      );
    },
  );

  test("Little's law, the utilisation law and the conservation of requests hold (1e-9), whenever the run ends", async () => {
    await fc.assert(
      fc.asyncProperty(alike, clusters, modes, horizons, async (list, cluster, mode, horizon) => {
        const events = await serveCluster({
          jobs: list,
          ...cluster,
          mode,
          ...(horizon !== undefined && { horizonSeconds: horizon }),
        });
        const served = { replicas: cluster.members.length, queues: 1 };
        const history = await lastValueFrom(from(events).pipe(requestHistory(served)));
        for (const { law, relativeGap } of lawVerdicts([history.books], horizon === undefined)) {
          expect(relativeGap, law).toBeLessThan(1e-9);
        }
      }),
      { numRuns: 200 },
    );
  });

  test("times between tokens add up to what each request took from its first token to its last (1e-9), and are as many", async () => {
    await fc.assert(
      fc.asyncProperty(alike, clusters, modes, async (list, cluster, mode) => {
        const { time, model } = clusterOf({ jobs: list, ...cluster, mode });
        const events$ = simulate(time, model, { pace: synchronousPace });
        const requests: RequestRecord[] = [];
        const noting$ = events$.pipe(tap((event) => event.kind === "finish" && requests.push(event.request)));
        const { total } = await lastValueFrom(noting$.pipe(measurement()));
        const { count, mean } = total.latency.itlSeconds;
        expect(count).toBe(sum(requests.map(({ outputTokens }) => outputTokens - 1)));
        expect(total.latency.queueingSeconds.count).toBe(requests.length);
        if (count === 0) return;
        const took = sum(requests.map(({ firstTokenSeconds, finishSeconds }) => finishSeconds - firstTokenSeconds));
        expect(relative(count * mean, took)).toBeLessThan(1e-9);
      }),
      { numRuns: 200 },
    );
  });

  test("replicas that share a queue never idle while anything waits in it, unless the policy waits for others", async () => {
    await fc.assert(
      fc.asyncProperty(alike, sharing, modes, async (list, cluster, mode) => {
        const events = await serveCluster({ jobs: list, ...cluster, mode });
        let waiting = 0;
        let since = 0;
        let idleSeconds = 0;
        const running = cluster.members.map(() => 0);
        for (const event of events) {
          if (event.kind === "advance") continue;
          if (waiting > 0 && running.includes(0)) idleSeconds += event.atSeconds - since;
          since = event.atSeconds;
          if (event.kind === "arrival" || event.kind === "dispatch") waiting = event.waiting;
          if (event.kind === "dispatch") running[event.replica]! += event.admitted.length;
          if (event.kind === "finish" || event.kind === "preemption") running[event.replica]!--;
        }
        expect(idleSeconds).toBeLessThan(rounding);
      }),
      { numRuns: 200 },
    );
  });
});

describe("where prompts are read and outputs decoded apart", () => {
  test("a cache goes from a replica that reads prompts to one that decodes, once, and the first token comes before it sets out", async () => {
    await fc.assert(
      fc.asyncProperty(alike, split, modes, async (list, cluster, mode) => {
        const events = await serveCluster({ jobs: list, ...cluster, mode });
        const roleOf = (replica: number) => cluster.members[replica]!.role ?? "mixed";
        const sent = new Map<number, HandOff>();
        const arrived = new Map<number, Delivery>();
        for (const event of events) {
          if (event.kind === "handoff") {
            expect(roleOf(event.replica)).toBe("prefill");
            expect(sent.has(event.request.id)).toBe(false);
            expect(event.request.firstTokenSeconds).toBe(event.atSeconds);
            expect(event.kvTokens).toBe(event.request.promptTokens);
            sent.set(event.request.id, event);
          }
          if (event.kind === "delivery") {
            if (event.replica !== undefined) expect(roleOf(event.replica)).toBe("decode");
            expect(sent.get(event.request.id)!.replica).toBe(event.from);
            arrived.set(event.request.id, event);
          }
          if (event.kind === "dispatch" && roleOf(event.replica) === "decode") {
            for (const { id } of event.admitted) expect(arrived.has(id)).toBe(true);
          }
          if (event.kind === "advance" && roleOf(event.replica) === "prefill") expect(event.decoding).toBe(0);
        }
        expect([...arrived.keys()].sort()).toEqual([...sent.keys()].sort());
      }),
      { numRuns: 200 },
    );
  });

  test("a link sends one cache after another, first come first served, each for its bytes and the latency", async () => {
    await fc.assert(
      fc.asyncProperty(alike, split, async (list, cluster) => {
        const events = await serveCluster({ jobs: list, ...cluster });
        const link = cluster.link!;
        const sent = ofKind(events, "handoff");
        const arrived = ofKind(events, "delivery");
        const freeSeconds = new Map<number | undefined, number>();
        for (const handoff of sent) {
          const delivery = arrived.find(({ request }) => request.id === handoff.request.id)!;
          const on = linkOf(link, delivery);
          const start = Math.max(handoff.atSeconds, freeSeconds.get(on) ?? 0);
          const onLink = (handoff.kvTokens * kvBytesPerToken) / link.bytesPerSecond;
          freeSeconds.set(on, start + onLink);
          expect(delivery.queuedSeconds).toBeCloseTo(start - handoff.atSeconds, 12);
          expect(delivery.sentSeconds).toBeCloseTo(onLink + link.latencySeconds, 12);
          expect(delivery.atSeconds).toBeCloseTo(start + onLink + link.latencySeconds, 12);
        }
      }),
      { numRuns: 100 },
    );
  });

  test("the replica that read a prompt holds its cache until it has arrived", async () => {
    await fc.assert(
      fc.asyncProperty(alike, split, modes, async (list, cluster, mode) => {
        const events = await serveCluster({ jobs: list, ...cluster, mode });
        const deliveries = ofKind(events, "delivery");
        // Told with the next step there: what is held after the last is told by nobody.
        cluster.members.forEach(({ role }, replica) => {
          if (role !== "prefill") return;
          const advances = ofKind(events, "advance").filter((event) => event.replica === replica);
          const last = Math.max(0, ...advances.map(({ atSeconds }) => atSeconds));
          const reading = sum(advances.map((event) => event.kvTokensBefore * (event.atSeconds - event.startSeconds)));
          const chunks = sum(advances.map((event) => event.prefillTokens * (event.atSeconds - event.startSeconds)));
          const away = deliveries.filter(({ from: sender }) => sender === replica);
          const moving = sum(
            away.map((event) => {
              const setOut = event.atSeconds - event.queuedSeconds - event.sentSeconds;
              return event.kvTokens * Math.max(0, Math.min(last, event.atSeconds) - setOut);
            }),
          );
          const stages = cluster.members[replica]!.stages ?? 1;
          const told = sum(advances.map(({ kvTokenSeconds }) => kvTokenSeconds));
          // With several stages a microbatch that waits for a stage holds what it has read meanwhile.
          if (stages === 1) expect(told).toBeCloseTo(reading + chunks + moving, 6);
          else expect(told).toBeGreaterThanOrEqual((reading + chunks) * (1 - rounding));
        });
      }),
      { numRuns: 100 },
    );
  });
});

function linkOf({ sharedBy }: NonNullable<Clustered["link"]>, { from: sender, replica }: Delivery): number | undefined {
  if (sharedBy === "pool") return undefined;
  return sharedBy === "sender" ? sender : replica;
}

function sum(values: readonly number[]): number {
  return values.reduce((all, value) => all + value, 0);
}
