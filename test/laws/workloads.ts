import fc from "fast-check";
import type { Job } from "../serving/harness.ts";

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
  })
  .map((list) => {
    let arrivalSeconds = 0;
    return list.map(({ gapSeconds: gap, promptTokens, outputTokens }) => {
      arrivalSeconds += gap;
      return { arrivalSeconds, promptTokens, outputTokens };
    });
  });

/** A batch cap, a KV capacity that is often tight, blocks and stages. */
export const deployments = fc.record({
  maxSequences: fc.integer({ min: 4, max: 24 }),
  kvCapacityTokens: fc.oneof(fc.integer({ min: 150, max: 1_500 }), fc.constant(1_000_000)),
  kvBlockTokens: fc.constantFrom(1, 2, 7, 16),
  stages: fc.integer({ min: 1, max: 4 }),
});
