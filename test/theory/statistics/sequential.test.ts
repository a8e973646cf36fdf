import { describe, expect, test } from "vitest";
import { randomStreams } from "../../../src/core/random.ts";
import { relativeHalfWidth } from "../../../src/theory/statistics/interval.ts";
import { judgePrecision, replicateUntil } from "../../../src/theory/statistics/sequential.ts";
import { stationarityTest } from "../../../src/theory/statistics/stationarity.ts";

describe("sequential rule", () => {
  const targets = { ttft: { relativeHalfWidth: 0.05 } };

  test("never stops before the minimum, even without spread", () => {
    expect(judgePrecision({ ttft: [1, 1, 1] }, targets)).toMatchObject({ verdict: "continue", furtherReplications: 7 });
    expect(judgePrecision({ ttft: new Array(10).fill(1) }, targets)).toMatchObject({ verdict: "reached" });
  });

  test("adds replications until the half-width is reached", async () => {
    const uniform = randomStreams("sequential")("figure");
    const study = await replicateUntil(() => ({ ttft: 1 + uniform(), other: 3 }), targets, {
      minimum: 10,
      maximum: 500,
    });
    expect(study.verdict).toBe("reached");
    expect(study.replications).toBeGreaterThan(10);
    expect(relativeHalfWidth(study.intervals.ttft!)).toBeLessThanOrEqual(0.05);
    expect(study.figures.other).toHaveLength(study.replications);
  });

  test("stops at the budget and says so", async () => {
    const study = await replicateUntil(async (i) => ({ ttft: i % 2 === 0 ? 1 : 100 }), targets, {
      minimum: 5,
      maximum: 12,
    });
    expect(study).toMatchObject({ verdict: "budget spent", replications: 12, furtherReplications: 0 });
  });
});

describe("stationarity", () => {
  test("level, falling and empty backlogs are stationary; steady growth is not", () => {
    const series = (f: (i: number) => number) => Float64Array.from({ length: 1_000 }, (_, i) => f(i));
    expect(stationarityTest(series(() => 4))).toMatchObject({ verdict: "stationary", growth: 0 });
    expect(stationarityTest(series(() => 0)).verdict).toBe("stationary");
    expect(stationarityTest(series((i) => 2_000 - i)).verdict).toBe("stationary");
    const growing = stationarityTest(series((i) => i));
    expect(growing.verdict).toBe("unstable");
    expect(growing.growth).toBeCloseTo(2, 1);
  });
});
