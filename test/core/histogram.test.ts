import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { InvariantError, UserError } from "../../src/core/errors.ts";
import { Histogram, histogramRelativeError } from "../../src/core/histogram.ts";

interface Weighted {
  readonly value: number;
  readonly weight: number;
}

/** Shares as whole numbers of thousandths, so that the exact quantile needs no rounding. */
const thousandths = fc.integer({ min: 0, max: 1000 });

const values = fc.oneof(
  fc.constant(0),
  fc.double({ min: 1e-19, max: 1e19, noNaN: true }),
  fc.double({ min: 1e-3, max: 10, noNaN: true }),
  fc.integer({ min: 1, max: 4096 }),
);

const samples: fc.Arbitrary<Weighted[]> = fc.array(
  fc.record({ value: values, weight: fc.integer({ min: 1, max: 9 }) }),
  {
    minLength: 1,
    maxLength: 200,
  },
);

function histogramOf(sample: readonly Weighted[]): Histogram {
  const histogram = new Histogram();
  for (const { value, weight } of sample) histogram.record(value, weight);
  return histogram;
}

/** The smallest value such that at least that share of all weight is at or below it. */
function exactQuantile(sample: readonly Weighted[], share: number): number {
  const sorted = [...sample].sort((a, b) => a.value - b.value);
  const total = sorted.reduce((sum, { weight }) => sum + weight, 0);
  let seen = 0;
  for (const { value, weight } of sorted) {
    seen += weight;
    if (1000 * seen >= share * total) return value;
  }
  throw new Error("no weight");
}

/** Half a bucket, and the last bits of the value itself. */
function expectWithinError(found: number, exact: number): void {
  expect(Math.abs(found - exact)).toBeLessThanOrEqual(histogramRelativeError * exact * (1 + 1e-12));
}

describe("a histogram", () => {
  test("states a relative error of at most 0.1 %", () => {
    expect(histogramRelativeError).toBeLessThanOrEqual(0.001);
  });

  test("has quantiles within its relative error of the exact weighted ones", () => {
    fc.assert(
      fc.property(samples, thousandths, (sample, share) => {
        expectWithinError(histogramOf(sample).quantile(share / 1000), exactQuantile(sample, share));
      }),
      { numRuns: 500 },
    );
  });

  test("has exact count, least and greatest, and a mean and sum that are exact but for the last bits", () => {
    fc.assert(
      fc.property(samples, (sample) => {
        const histogram = histogramOf(sample);
        const count = sample.reduce((sum, { weight }) => sum + weight, 0);
        // Ascending, so that nothing small is lost beside something large.
        const sum = [...sample].sort((a, b) => a.value - b.value).reduce((all, one) => all + one.value * one.weight, 0);
        expect(histogram.count).toBe(count);
        expect(histogram.least).toBe(Math.min(...sample.map(({ value }) => value)));
        expect(histogram.greatest).toBe(Math.max(...sample.map(({ value }) => value)));
        expect(Math.abs(histogram.sum - sum)).toBeLessThanOrEqual(1e-13 * sum);
        expect(histogram.mean).toBe(histogram.sum / count);
      }),
    );
  });

  test("a ramp is each of its values recorded", () => {
    const ramps = fc.record({
      first: fc.oneof(fc.constant(0), fc.double({ min: 1e-6, max: 1e3, noNaN: true })),
      step: fc.oneof(fc.constant(0), fc.double({ min: 1e-9, max: 10, noNaN: true })),
      count: fc.integer({ min: 0, max: 300 }),
      weight: fc.integer({ min: 1, max: 9 }),
      share: thousandths,
      falls: fc.boolean(),
    });
    fc.assert(
      fc.property(ramps, ({ first, step, count, weight, share, falls }) => {
        const listed = Array.from({ length: count }, (_, index) => ({ value: first + step * index, weight }));
        const ramp = new Histogram();
        // A fall ends a hair above where the rise begins, since rounding could take it below zero.
        const top = (first + step * (count - 1)) * (1 + 1e-12);
        if (falls) ramp.recordRamp(Math.max(0, top), count === 0 ? 0 : -step, count, weight);
        else ramp.recordRamp(first, step, count, weight);
        const each = histogramOf(listed);
        expect(ramp.count).toBe(each.count);
        if (count === 0) return;
        expect(Math.abs(ramp.sum - each.sum)).toBeLessThanOrEqual(1e-11 * each.sum);
        expect(Math.abs(ramp.greatest - each.greatest)).toBeLessThanOrEqual(1e-11 * each.greatest);
        expect(Math.abs(ramp.least - each.least)).toBeLessThanOrEqual(1e-11 * each.greatest);
        const exact = exactQuantile(listed, share);
        // A fall may end a rounding error away from its last value, and below 2^-64 all share a bucket.
        const slack = 1e-11 * each.greatest + 2 ** -64;
        expect(Math.abs(ramp.quantile(share / 1000) - exact)).toBeLessThanOrEqual(
          histogramRelativeError * exact + slack,
        );
      }),
      { numRuns: 500 },
    );
  });

  test("merging equals recording into one", () => {
    fc.assert(
      fc.property(samples, samples, thousandths, (one, other, share) => {
        const merged = histogramOf(one);
        merged.merge(histogramOf(other));
        const joint = histogramOf([...one, ...other]);
        expect(merged.count).toBe(joint.count);
        expect(merged.least).toBe(joint.least);
        expect(merged.greatest).toBe(joint.greatest);
        expect(merged.quantile(share / 1000)).toBe(joint.quantile(share / 1000));
        expect(Math.abs(merged.sum - joint.sum)).toBeLessThanOrEqual(1e-15 * joint.sum);
      }),
    );
  });

  test("compacting in between, or before merging, changes nothing", () => {
    fc.assert(
      fc.property(samples, samples, thousandths, (one, other, share) => {
        const compacted = histogramOf(one);
        compacted.compact();
        for (const { value, weight } of other) compacted.record(value, weight);
        const second = histogramOf(other);
        second.compact();
        compacted.merge(second);
        const joint = histogramOf([...one, ...other, ...other]);
        expect(compacted.count).toBe(joint.count);
        expect(compacted.quantile(share / 1000)).toBe(joint.quantile(share / 1000));
      }),
    );
  });

  test("values that never came rank beyond all others, and count in nothing else", () => {
    fc.assert(
      fc.property(samples, fc.integer({ min: 1, max: 500 }), thousandths, (sample, missing, share) => {
        const histogram = histogramOf(sample);
        const { count, sum, mean, least, greatest } = histogram;
        const half = new Histogram();
        for (let one = 0; one < missing; one++) (one % 2 === 0 ? histogram : half).recordMissing();
        histogram.merge(half);
        expect(histogram.missing).toBe(missing);
        expect([histogram.count, histogram.sum, histogram.mean]).toEqual([count, sum, mean]);
        expect([histogram.least, histogram.greatest]).toEqual([least, greatest]);
        const exact = exactQuantile([...sample, { value: Number.POSITIVE_INFINITY, weight: missing }], share);
        const found = histogram.quantile(share / 1000);
        if (exact === Number.POSITIVE_INFINITY) expect(found).toBe(exact);
        else expectWithinError(found, exact);
      }),
      { numRuns: 300 },
    );
  });

  test("of missing values alone has no quantile that is finite, and no mean", () => {
    const missed = new Histogram();
    missed.recordMissing();
    expect([0, 0.5, 1].map((q) => missed.quantile(q))).toEqual(new Array(3).fill(Number.POSITIVE_INFINITY));
    expect([missed.count, missed.mean]).toEqual([0, Number.NaN]);
  });

  test("sums a function of its values within its relative error", () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 1e-6, max: 1e6, noNaN: true }), { maxLength: 100 }), (sample) => {
        const histogram = histogramOf(sample.map((value) => ({ value, weight: 2 })));
        const exact = sample.reduce((sum, value) => sum + 2 / value, 0);
        // The reciprocal of what is off by a share e is off by e / (1 - e).
        const error = histogramRelativeError / (1 - histogramRelativeError);
        expect(Math.abs(histogram.sumOf((value) => 1 / value) - exact)).toBeLessThanOrEqual(error * exact * (1 + 1e-9));
      }),
    );
    expect(histogramOf([{ value: 0, weight: 3 }]).sumOf((value) => 1 + value)).toBe(3);
  });

  test("merging with an empty one changes nothing", () => {
    const histogram = histogramOf([{ value: 3, weight: 2 }]);
    histogram.merge(new Histogram());
    expect([histogram.count, histogram.sum, histogram.least, histogram.greatest]).toEqual([2, 6, 3, 3]);
  });

  test("an empty one has no mean and no quantile", () => {
    const empty = new Histogram();
    expect([empty.count, empty.sum, empty.mean, empty.quantile(0.5)]).toEqual([0, 0, Number.NaN, Number.NaN]);
  });

  test("zeros count below everything else", () => {
    const histogram = histogramOf([
      { value: 0, weight: 3 },
      { value: 5, weight: 7 },
    ]);
    expect(histogram.quantile(0.3)).toBe(0);
    expect(histogram.quantile(0.301)).toBeCloseTo(5, 1);
    expect(histogram.least).toBe(0);
  });

  test("what is beyond its buckets stays counted, ordered and exact at the ends", () => {
    const histogram = histogramOf([
      { value: 1e-300, weight: 1 },
      { value: 1, weight: 1 },
      { value: 1e300, weight: 1 },
    ]);
    expect([histogram.count, histogram.least, histogram.greatest, histogram.sum]).toEqual([3, 1e-300, 1e300, 1e300]);
    expectWithinError(histogram.quantile(0.5), 1);
    expect(histogram.quantile(0.1)).toBeLessThan(1e-18);
    expect(histogram.quantile(1)).toBeGreaterThan(1e18);
  });

  test("one value alone is its own every quantile", () => {
    const histogram = histogramOf([{ value: 0.0137, weight: 1 }]);
    expect([0, 0.25, 0.5, 1].map((q) => histogram.quantile(q))).toEqual([0.0137, 0.0137, 0.0137, 0.0137]);
  });

  test.each([-1, Number.NaN, Number.POSITIVE_INFINITY])("refuses to record %d", (value) => {
    expect(() => new Histogram().record(value)).toThrow(InvariantError);
    expect(() => new Histogram().recordRamp(value, 1, 3)).toThrow(InvariantError);
  });

  test("refuses a ramp that falls below zero", () => {
    expect(() => new Histogram().recordRamp(1, -1, 3)).toThrow(InvariantError);
  });

  test.each([-0.1, 1.1, Number.NaN])("has no quantile %d", (q) => {
    expect(() => new Histogram().quantile(q)).toThrow(UserError);
  });
});
