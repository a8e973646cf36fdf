import fc from "fast-check";
import { type Random, randomStreams } from "../../../src/core/random.ts";
import type { ReplicaLoad, RoutedRequest, Router } from "../../../src/serving/router.ts";
import { sharedQueue } from "../../../src/serving/router.ts";
import { type RouterOptions, routers } from "../../../src/serving/routers.ts";

/** A request as a router sees it. */
export function routed(facts: Partial<RoutedRequest> = {}): RoutedRequest {
  return {
    id: 0,
    arrivalSeconds: 0,
    priority: 0,
    predictedOutputTokens: Number.NaN,
    promptTokens: 100,
    emittedTokens: 0,
    preemptions: 0,
    carriedTokens: 0,
    ...facts,
  };
}

/** Replicas with so many outstanding requests each, and a hundred tokens for each of these unless said otherwise. */
export function loads(requests: readonly number[], tokens: readonly number[] = requests.map((one) => 100 * one)) {
  return requests.map((count, index): ReplicaLoad => ({ index, requests: count, tokens: tokens[index]! }));
}

export const streamOf = (seed: number): Random => randomStreams(seed)("router");

/** A fresh router; throws for one that is no router but a queue. */
export function routerOf(options: RouterOptions, seed = 1): Router {
  const routing = routers.build(options);
  if (routing === sharedQueue) throw new Error("nobody chooses before a shared queue");
  return routing(streamOf(seed));
}

export const requests: fc.Arbitrary<RoutedRequest> = fc
  .record({
    id: fc.nat(1_000),
    promptTokens: fc.integer({ min: 1, max: 10_000 }),
    session: fc.option(fc.record({ id: fc.string(), turn: fc.nat(5), repeatedTokens: fc.nat(100) }), {
      nil: undefined,
    }),
    prefixHashes: fc.option(fc.array(fc.nat(50), { maxLength: 8 }), { nil: undefined }),
  })
  .map(routed);

export const replicas: fc.Arbitrary<readonly ReplicaLoad[]> = fc
  .array(fc.record({ requests: fc.nat(50), tokens: fc.nat(100_000) }), { minLength: 1, maxLength: 9 })
  .map((list) => list.map((load, index) => ({ index, ...load })));
