import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ReplicaLoad } from "../../../src/serving/router.ts";
import { chiSquareSurvival } from "../../statistical-tests.ts";
import { loads, replicas, requests, routed, routerOf, streamOf } from "./loads.ts";

test("round robin deals out in turn, however busy the replicas", () => {
  const router = routerOf({ name: "round-robin" });
  const places = Array.from({ length: 7 }, () => router.choose(routed(), loads([9, 0, 5])));
  expect(places).toEqual([0, 1, 2, 0, 1, 2, 0]);
});

test("random takes each as often as the others, however busy (chi-square at 0.1 %, seed 1)", () => {
  const router = routerOf({ name: "random" });
  const taken = [0, 0, 0];
  for (let id = 0; id < 3_000; id++) taken[router.choose(routed({ id }), loads([9, 0, 5]))]!++;
  const statistic = taken.reduce((sum, one) => sum + (one - 1_000) ** 2 / 1_000, 0);
  expect(chiSquareSurvival(statistic, 2)).toBeGreaterThan(0.001);
});

describe("the least", () => {
  test.each([
    ["least-requests", [3, 1, 2], [0, 900, 0], 1],
    ["least-requests", [3, 1, 1], [0, 900, 0], 1],
    ["least-tokens", [3, 1, 2], [500, 900, 400], 2],
    ["least-tokens", [3, 1, 2], [400, 900, 400], 0],
  ] as const)("%s of %j requests and %j tokens is at place %i, the first of equals", (name, counts, tokens, place) => {
    expect(routerOf({ name }).choose(routed(), loads(counts, tokens))).toBe(place);
  });
});

describe("power of two choices", () => {
  test("takes the less busy of those it draws, and each pair is drawn as often (chi-square at 0.1 %, seed 1)", () => {
    const router = routerOf({ name: "power-of-two", choices: 2 });
    // Of three replicas the busiest is never the less busy of two; the middle one only where the idlest is not drawn.
    const taken = [0, 0, 0];
    for (let id = 0; id < 3_000; id++) taken[router.choose(routed({ id }), loads([7, 0, 3]))]!++;
    expect(taken[0]).toBe(0);
    const statistic = (taken[1]! - 2_000) ** 2 / 2_000 + (taken[2]! - 1_000) ** 2 / 1_000;
    expect(chiSquareSurvival(statistic, 1)).toBeGreaterThan(0.001);
  });

  test("with as many choices as replicas it is the least", () => {
    fc.assert(
      fc.property(replicas, (among) => {
        const { requests: chosen } = among[routerOf({ name: "power-of-two", choices: 9 }).choose(routed(), among)]!;
        expect(chosen).toBe(Math.min(...among.map((one) => one.requests)));
      }),
    );
  });

  test("draws different replicas: two of two are both", () => {
    for (let seed = 0; seed < 50; seed++) {
      expect(routerOf({ name: "power-of-two", choices: 2 }, seed).choose(routed(), loads([4, 3]))).toBe(1);
    }
  });

  test("draws one random number for each choice", () => {
    const draw = streamOf(3);
    const router = routerOf({ name: "power-of-two", choices: 2 }, 3);
    for (let id = 0; id < 20; id++) {
      const [first, second] = [Math.floor(3 * draw()), Math.floor(2 * draw())];
      const drawn = [first, second >= first ? second + 1 : second];
      expect(router.choose(routed({ id }), loads([1, 1, 1]))).toBe(drawn[0]);
    }
  });
});

describe("prefix affinity", () => {
  const overload = 1.5;
  const affinity = () => routerOf({ name: "prefix-affinity", blocks: 2, overload });
  const idle = loads([0, 0, 0, 0, 0]);

  test("sends requests of one session to one replica, whatever their prefixes, and sessions to different ones", () => {
    const placeOf = (id: string, hashes: readonly number[]) =>
      affinity().choose(routed({ session: { id, turn: 0, repeatedTokens: 0 }, prefixHashes: hashes }), idle);
    const places = Array.from({ length: 40 }, (_, session) => placeOf(`${session}`, [1]));
    expect(places).toEqual(Array.from({ length: 40 }, (_, session) => placeOf(`${session}`, [2, 3])));
    expect(new Set(places).size).toBe(5);
  });

  test("sends requests with the same first blocks to one replica, whatever follows", () => {
    const placeOf = (...hashes: readonly number[]) => affinity().choose(routed({ prefixHashes: hashes }), idle);
    for (let hash = 0; hash < 20; hash++) expect(placeOf(hash, 7, 1, 2)).toBe(placeOf(hash, 7, 3));
    expect(new Set(Array.from({ length: 40 }, (_, hash) => placeOf(hash, 7))).size).toBe(5);
  });

  test("keeps most keys where they were when a replica is added: those that move go to it", () => {
    const more = [...idle, { index: 5, requests: 0, tokens: 0 }];
    const placeOf = (hash: number, among: readonly ReplicaLoad[]) =>
      affinity().choose(routed({ prefixHashes: [hash] }), among);
    const moved = Array.from({ length: 300 }, (_, hash) => [placeOf(hash, idle), placeOf(hash, more)] as const).filter(
      ([before, after]) => before !== after,
    );
    expect(moved.length).toBeGreaterThan(0);
    expect(moved.every(([, after]) => after === 5)).toBe(true);
  });

  test("never overloads a replica: with the request it has at most so many times the mean, rounded up", () => {
    fc.assert(
      fc.property(requests, replicas, (request, among) => {
        fc.pre(request.session !== undefined || (request.prefixHashes?.length ?? 0) > 0);
        const place = affinity().choose(request, among);
        const outstanding = among.reduce((sum, one) => sum + one.requests, 0);
        expect(among[place]!.requests + 1).toBeLessThanOrEqual(
          Math.ceil((overload * (outstanding + 1)) / among.length),
        );
      }),
    );
  });

  test("returns to the first choice once it is overloaded no more", () => {
    const request = routed({ prefixHashes: [11] });
    const first = affinity().choose(request, idle);
    const busy = idle.map((load, place) => ({ ...load, requests: place === first ? 50 : 1 }));
    expect(affinity().choose(request, busy)).not.toBe(first);
    expect(affinity().choose(request, idle)).toBe(first);
  });

  test("sends what begins like nothing else to the replica with the fewest requests", () => {
    expect(affinity().choose(routed(), loads([3, 2, 1, 4, 5]))).toBe(2);
    expect(affinity().choose(routed({ prefixHashes: [] }), loads([3, 2, 1, 4, 5]))).toBe(2);
  });
});
