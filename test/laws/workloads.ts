import fc from "fast-check";
import type { Job, StageCut } from "../serving/harness.ts";

/** Gaps from bursts at one instant to lulls longer than a request. */
const gapSeconds = fc.oneof(
  { weight: 3, arbitrary: fc.constant(0) },
  { weight: 4, arbitrary: fc.double({ min: 0, max: 0.02, noNaN: true }) },
  { weight: 1, arbitrary: fc.double({ min: 0, max: 2, noNaN: true }) },
);

const tokens = (max: number) => fc.oneof(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max }));

/** Requests in order of arrival. */
export const jobs: fc.Arbitrary<Job[]> = fc
  .array(fc.record({ gapSeconds, promptTokens: tokens(300), outputTokens: tokens(60) }), {
    minLength: 1,
    maxLength: 40,
    size: "max",
  })
  .map((list) => {
    let arrivalSeconds = 0;
    return list.map(({ gapSeconds: gap, promptTokens, outputTokens }) => {
      arrivalSeconds += gap;
      return { arrivalSeconds, promptTokens, outputTokens };
    });
  });

/** The options of each batching policy beside its cap, such that they bind now and then. */
export const policyOptions: Readonly<Record<string, fc.Arbitrary<Readonly<Record<string, unknown>>>>> = {
  static: fc.constant({ name: "static" }),
  dynamic: fc.record({
    name: fc.constant("dynamic"),
    minSequences: fc.integer({ min: 1, max: 4 }),
    timeout: fc.constantFrom(0, 0.01, 1),
  }),
  continuous: fc.constant({ name: "continuous" }),
  "prefill-first": fc.record({
    name: fc.constant("prefill-first"),
    maxPrefillTokens: fc.integer({ min: 1, max: 600 }),
  }),
  "chunked-prefill": fc.record({
    name: fc.constant("chunked-prefill"),
    tokenBudget: fc.integer({ min: 1, max: 300 }),
  }),
};

const placement = {
  maxSequences: fc.integer({ min: 1, max: 24 }),
  kvCapacityTokens: fc.oneof(fc.integer({ min: 150, max: 1_500 }), fc.constant(1_000_000)),
  kvBlockTokens: fc.constantFrom(1, 2, 7, 16),
  stages: fc.integer({ min: 1, max: 4 }),
  cut: fc.constantFrom<StageCut>("even", "uneven", "split"),
};

/** A batch cap, now and then smaller than the number of stages, a KV capacity that is often tight, blocks and stages. */
export const placements = fc.record(placement);

/** The same with any policy. */
export const deployments = fc.record({ ...placement, policy: fc.oneof(...Object.values(policyOptions)) });
