import { lastValueFrom } from "rxjs";
import { describe, expect, test } from "vitest";
import { randomStreams } from "../../src/core/random.ts";
import { type Estimate, estimate, finite } from "../../src/experiment/estimate.ts";
import { measurement } from "../../src/observe/measurement.ts";
import { end, finish, stream } from "../observe/events.ts";

/** The estimated mean latency of requests that finish a second apart with these latencies, in seconds. */
async function estimatedMean(latencies: readonly number[]): Promise<Estimate> {
  const start = 1e6;
  const finishes = latencies.map((seconds, id) => finish(start + id, id, { arrivalSeconds: start + id - seconds }));
  const measured = await lastValueFrom(stream(...finishes, end(start + latencies.length)).pipe(measurement()));
  return estimate(measured, ({ latency }) => latency.e2eSeconds.mean);
}

function exponentials(seed: number, count: number): number[] {
  const random = randomStreams(seed)("estimate");
  return Array.from({ length: count }, () => -Math.log(1 - random()));
}

/** A series whose neighbours have correlation `phi`, of mean 20 and variance 1. */
function autoregressive(seed: number, count: number, phi: number): number[] {
  const random = randomStreams(seed)("autoregressive");
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  let deviation = normal();
  return Array.from({ length: count }, () => {
    deviation = phi * deviation + Math.sqrt(1 - phi * phi) * normal();
    return 20 + deviation;
  });
}

describe("an estimate", () => {
  test("covers the truth as often as its level says (independent latencies, 300 seeds, binomial test at 0.1 %)", async () => {
    const seeds = 300;
    let given = 0;
    let covering = 0;
    for (let seed = 0; seed < seeds; seed++) {
      const { value, halfWidth } = await estimatedMean(exponentials(seed, 1000));
      if (halfWidth === null) continue;
      given++;
      if (Math.abs(value! - 1) <= halfWidth) covering++;
    }
    expect(given).toBeGreaterThan(0.95 * seeds);
    const deviation = Math.sqrt((0.95 * 0.05) / given);
    expect(covering / given).toBeGreaterThan(0.95 - 3.3 * deviation);
    expect(covering / given).toBeLessThan(0.95 + 3.3 * deviation);
  });

  test("narrows as the root of the run's length", async () => {
    const meanHalfWidth = async (requests: number) => {
      const halves = await Promise.all(
        Array.from(
          { length: 30 },
          async (_, seed) => (await estimatedMean(exponentials(seed, requests))).halfWidth ?? 0,
        ),
      );
      return halves.reduce((sum, half) => sum + half, 0) / halves.length;
    };
    const ratio = (await meanHalfWidth(1000)) / (await meanHalfWidth(9000));
    expect(ratio).toBeGreaterThan(2.4);
    expect(ratio).toBeLessThan(3.6);
  });

  test("gives no interval where the run is far too short for its correlation (50 seeds, correlation 0.9995)", async () => {
    let given = 0;
    for (let seed = 0; seed < 50; seed++) {
      if ((await estimatedMean(autoregressive(seed, 700, 0.9995))).halfWidth !== null) given++;
    }
    expect(given).toBeLessThanOrEqual(10);
  });

  test("of what is always the same has an interval of no width", async () => {
    expect(await estimatedMean(new Array<number>(500).fill(2))).toEqual({ value: 2, halfWidth: 0 });
  });

  test("of what all sections agree on but the run does not has no interval", () => {
    // Something happened once, in a stretch too short to be a section.
    const sections = Array.from({ length: 20 }, () => 0);
    expect(estimate({ total: 1, groupings: [sections] }, (part) => part)).toEqual({ value: 1, halfWidth: null });
    expect(estimate({ total: 0, groupings: [sections] }, (part) => part)).toEqual({ value: 0, halfWidth: 0 });
  });

  test("of a short run has a value and no interval", async () => {
    expect(await estimatedMean([1, 2, 3])).toEqual({ value: 2, halfWidth: null });
  });

  test("of nothing is nothing", async () => {
    expect(await estimatedMean([])).toEqual({ value: null, halfWidth: null });
  });
});

test.each([
  [1.5, 1.5],
  [0, 0],
  [Number.NaN, null],
  [Number.POSITIVE_INFINITY, null],
  [Number.NEGATIVE_INFINITY, null],
])("JSON's form of %d is %j", (value, expected) => {
  expect(finite(value)).toBe(expected);
});
