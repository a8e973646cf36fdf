import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Timeline } from "../../src/observe/timeline.ts";

interface Stretch {
  readonly seconds: number;
  readonly fromLevel: number;
  readonly toLevel: number;
}

function timelineOf(stretches: readonly Stretch[]) {
  const timeline = new Timeline();
  let now = 0;
  for (const { seconds, fromLevel, toLevel } of stretches) {
    timeline.add(now, now + seconds, fromLevel, toLevel);
    now += seconds;
  }
  return { timeline, endSeconds: now };
}

const levels = fc.double({ min: 0, max: 100, noNaN: true });
const stretches = fc.array(
  fc.record({
    seconds: fc.oneof(fc.constant(0), fc.double({ min: 1e-6, max: 5, noNaN: true }), fc.constantFrom(0.001, 0.029, 1)),
    fromLevel: levels,
    toLevel: levels,
  }),
  { minLength: 1, maxLength: 60 },
);

/** Windows of equal width but for the last, which ends now. */
function windowsOf(means: readonly number[], endSeconds: number): number[] {
  if (means.length === 0) return [];
  const least = endSeconds / means.length;
  const width = 2 ** Math.ceil(Math.log2(least) - 1e-12);
  return means.map((_, place) => Math.min(endSeconds, (place + 1) * width) - place * width);
}

describe("a timeline", () => {
  test("keeps the whole integral, in at most 240 windows", () => {
    fc.assert(
      fc.property(stretches, (list) => {
        const { timeline, endSeconds } = timelineOf(list);
        const means = timeline.means(endSeconds);
        expect(means.length).toBeLessThanOrEqual(240);
        const widths = windowsOf(means, endSeconds);
        const integral = means.reduce((sum, mean, place) => sum + mean * widths[place]!, 0);
        const expected = list.reduce((sum, one) => sum + (one.seconds * (one.fromLevel + one.toLevel)) / 2, 0);
        expect(Math.abs(integral - expected)).toBeLessThanOrEqual(1e-9 * (1 + expected));
      }),
      { numRuns: 300 },
    );
  });

  test("no window's mean leaves the range of the levels", () => {
    fc.assert(
      fc.property(stretches, (list) => {
        const { timeline, endSeconds } = timelineOf(list);
        const all = list.flatMap(({ fromLevel, toLevel }) => [fromLevel, toLevel]);
        for (const mean of timeline.means(endSeconds)) {
          expect(mean).toBeGreaterThanOrEqual(Math.min(...all) - 1e-9);
          expect(mean).toBeLessThanOrEqual(Math.max(...all) + 1e-9);
        }
      }),
    );
  });

  test("a level that changes at once shows in its window", () => {
    const timeline = new Timeline();
    timeline.add(0, 32, 2);
    timeline.add(32, 64, 6);
    const means = timeline.means(64);
    expect(means.length).toBe(128);
    expect(means.slice(0, 64).every((mean) => mean === 2)).toBe(true);
    expect(means.slice(64).every((mean) => mean === 6)).toBe(true);
  });

  test("a ramp is its own mean in each window", () => {
    const timeline = new Timeline();
    timeline.add(0, 128, 0, 128);
    timeline.means(128).forEach((mean, second) => {
      expect(mean).toBeCloseTo(second + 0.5, 9);
    });
  });

  test("what was never booked is 0, and the last window may be cut short", () => {
    const timeline = new Timeline();
    timeline.add(0, 50, 3);
    const means = timeline.means(100.25);
    expect(means.length).toBe(201);
    expect(means.slice(0, 100).every((mean) => mean === 3)).toBe(true);
    expect(means.slice(100).every((mean) => mean === 0)).toBe(true);
  });

  test("levels of several that overlap add up", () => {
    const timeline = new Timeline();
    timeline.add(0, 64, 2);
    timeline.add(16, 48, 5);
    const means = timeline.means(64);
    expect([means[0], means[means.length / 2], means.at(-1)]).toEqual([2, 7, 2]);
  });

  test("has no window before any time has passed", () => {
    expect(new Timeline().means(0)).toEqual([]);
  });
});
