import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ReplicaLoad, Router } from "../../../src/serving/router.ts";
import { sharedQueue } from "../../../src/serving/router.ts";
import { type RouterOptions, routers } from "../../../src/serving/routers.ts";
import { chiSquareSurvival } from "../../statistical-tests.ts";
import { loads, replicas, requests, routed, routerOf } from "./loads.ts";

/** Of the catalogue, each with its defaults. */
const all = routers.names.map((name) => routers.schema.parse({ name }));
const choosing = all.filter((options) => routers.build(options) !== sharedQueue);

/** Choices of a fresh router for the same requests, loads as they were given. */
function choices(router: Router, asked: Parameters<Router["choose"]>[0][], among: readonly ReplicaLoad[]): number[] {
  return asked.map((request) => router.choose(request, among));
}

test("the central queue is the only one that does not choose", () => {
  expect(all.filter((options) => !choosing.includes(options)).map(({ name }) => name)).toEqual(["central-queue"]);
});

describe.each(choosing.map((options) => [options.name, options] as const))(
  "the router %s",
  (_, options: RouterOptions) => {
    test("names a place in the list, of any replicas and for any request, and changes neither", () => {
      fc.assert(
        fc.property(fc.array(requests, { minLength: 1, maxLength: 20 }), replicas, (asked, among) => {
          const router = routerOf(options);
          const frozen = Object.freeze(among.map((load) => Object.freeze({ ...load })));
          for (const request of asked) {
            const place = router.choose(Object.freeze({ ...request }), frozen);
            expect(Number.isInteger(place)).toBe(true);
            expect(place).toBeGreaterThanOrEqual(0);
            expect(place).toBeLessThan(among.length);
          }
        }),
      );
    });

    test("chooses the same again with the same random numbers, whatever another of its kind was asked meanwhile", () => {
      fc.assert(
        fc.property(fc.array(requests, { minLength: 1, maxLength: 20 }), replicas, fc.nat(), (asked, among, seed) => {
          const one = routerOf(options, seed);
          const other = routerOf(options, seed);
          const meanwhile = routerOf(options, seed + 1);
          const first = choices(one, asked, among);
          choices(meanwhile, asked, among);
          expect(choices(other, asked, among)).toEqual(first);
        }),
      );
    });

    test("takes the only one there is", () => {
      fc.assert(
        fc.property(requests, fc.nat(50), (request, outstanding) => {
          expect(routerOf(options).choose(request, loads([outstanding]))).toBe(0);
        }),
      );
    });

    test("spreads requests that have nothing in common evenly over replicas that are alike (chi-square at 0.1 %, seed 1)", () => {
      const router = routerOf(options);
      const count = 4_000;
      const outstanding = [0, 0, 0, 0];
      for (let id = 0; id < count; id++) {
        const place = router.choose(routed({ id }), loads(outstanding));
        outstanding[place]!++;
      }
      const even = count / outstanding.length;
      const statistic = outstanding.reduce((sum, one) => sum + (one - even) ** 2 / even, 0);
      expect(chiSquareSurvival(statistic, outstanding.length - 1)).toBeGreaterThan(0.001);
    });
  },
);
