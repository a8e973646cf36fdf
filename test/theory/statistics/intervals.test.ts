import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { randomStreams } from "../../../src/core/random.ts";
import { correlationTime, independenceTest } from "../../../src/theory/statistics/autocorrelation.ts";
import { batchMeans, batchMeansInterval, independentBatches } from "../../../src/theory/statistics/batch-means.ts";
import { covers, pValue, relativeHalfWidth, studentInterval } from "../../../src/theory/statistics/interval.ts";
import { bonferroniLevel, holmRejections } from "../../../src/theory/statistics/multiple-comparisons.ts";
import { quantileInterval, replicatedQuantileInterval } from "../../../src/theory/statistics/quantile-interval.ts";
import {
  pairedDifferenceInterval,
  ratioInterval,
  replicationInterval,
} from "../../../src/theory/statistics/replications.ts";
import { studentTFactor } from "../../../src/theory/statistics/student-t.ts";
import { mserWarmUp } from "../../../src/theory/statistics/warm-up.ts";

const uniform = randomStreams("intervals")("noise");
const normal = () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());

describe("Student's t", () => {
  // Two-sided 95 % and 99 % points, as in any published table.
  test.each([
    [0.95, 1, 12.7062047362],
    [0.95, 2, 4.3026527297],
    [0.95, 9, 2.2621571628],
    [0.95, 19, 2.0930240544],
    [0.99, 29, 2.7563859037],
    [0.95, 1_000, 1.9623390808],
  ])("%d with %d degrees of freedom", (level, degrees, factor) => {
    expect(studentTFactor(level, degrees)).toBeCloseTo(factor, 8);
  });

  test("an interval by hand", () => {
    const interval = studentInterval([1, 2, 3, 4], 0.95, "replications");
    expect(interval.estimate).toBe(2.5);
    expect(interval.high - 2.5).toBeCloseTo((3.1824463053 * Math.sqrt(5 / 3)) / 2, 8);
    expect(pValue(interval, interval.high)).toBeCloseTo(0.05, 9);
    expect(pValue(interval, 2.5)).toBe(1);
    expect(covers(interval, interval.low)).toBe(true);
  });

  test("one value says nothing", () => {
    const interval = studentInterval([7], 0.95, "replications");
    expect(interval).toMatchObject({ estimate: 7, low: Number.NEGATIVE_INFINITY, trusted: false });
  });
});

describe("scales on which a figure is held against the truth", () => {
  const [level, degrees] = [0.95, 9];
  const interval = (estimate: number, standardError: number) => {
    const half = studentTFactor(level, degrees) * standardError;
    const [low, high] = [estimate - half, estimate + half];
    return { estimate, low, high, level, method: "replications", groups: degrees + 1, trusted: true } as const;
  };

  test("a factor of two is as far up as down by a logarithm, where the spread is the same share of the estimate", () => {
    const down = pValue(interval(1, 0.2), 2, "logarithm");
    expect(pValue(interval(4, 0.8), 2, "logarithm")).toBeCloseTo(down, 12);
    expect(pValue(interval(1, 0.2), 1 + 0.2 * studentTFactor(0.9, degrees))).toBeCloseTo(0.1, 9);
    expect(pValue(interval(1, 0.2), Math.exp(0.2 * studentTFactor(0.9, degrees)), "logarithm")).toBeCloseTo(0.1, 9);
  });

  test("log odds do not mind which part of a share is named", () => {
    const within = pValue(interval(0.99, 0.004), 0.999, "log odds");
    expect(pValue(interval(0.01, 0.004), 0.001, "log odds")).toBeCloseTo(within, 9);
    // Far from the ends of small steps they say the same as the share itself.
    expect(pValue(interval(0.5, 0.001), 0.502, "log odds")).toBeCloseTo(pValue(interval(0.5, 0.001), 0.502), 5);
  });

  test.each(["plain", "logarithm", "log odds"] as const)("an estimate that is the truth is right: %s", (scale) => {
    expect(pValue(interval(0.3, 0.1), 0.3, scale)).toBe(1);
  });

  test("where the scale ends, figures are compared as they are", () => {
    expect(pValue(interval(0.3, 0.1), 0, "logarithm")).toBe(pValue(interval(0.3, 0.1), 0));
    expect(pValue(interval(-0.1, 0.1), 0.2, "logarithm")).toBe(pValue(interval(-0.1, 0.1), 0.2));
    expect(pValue(interval(1, 0.1), 0.9, "log odds")).toBe(pValue(interval(1, 0.1), 0.9));
    expect(pValue(interval(0.9, 0.1), 1, "log odds")).toBe(pValue(interval(0.9, 0.1), 1));
  });

  test("an event in random clusters, 10 runs, 5,000 studies, 99.9 % confidence: log odds keep their level, plain shares do not", () => {
    const studies = 5_000;
    const clusters = 1.5;
    const level = 0.001;
    const exponential = () => -Math.log(1 - uniform());
    // A Poisson number of clusters, each of exponential size.
    const rareShare = () => {
      let sum = 0;
      for (let at = exponential(); at < clusters; at += exponential()) sum += exponential();
      return (0.01 * sum) / clusters;
    };
    const rejected = { plain: 0, "log odds": 0 };
    for (let study = 0; study < studies; study++) {
      const shares = studentInterval(
        Array.from({ length: 10 }, () => 1 - rareShare()),
        0.95,
        "replications",
      );
      if (pValue(shares, 0.99) < level) rejected.plain++;
      if (pValue(shares, 0.99, "log odds") < level) rejected["log odds"]++;
    }
    const within = (share: number) => 3.3 * Math.sqrt((share * (1 - share)) / studies);
    // 200,000 studies elsewhere: 1.6 % and 0.08 %.
    expect(rejected.plain / studies).toBeGreaterThan(5 * level + within(5 * level));
    expect(rejected["log odds"] / studies).toBeLessThan(level + within(level));
  });
});

describe("correlation time", () => {
  test("of a series each of whose values is `φ` times the last and noise is (1+φ)/(1-φ), within four standard errors", () => {
    for (const kept of [0, 0.5, 0.9]) {
      const all = Array.from({ length: 64 }, () => {
        let value = 0;
        return Float64Array.from({ length: 8_000 }, () => {
          value = kept * value + normal();
          return value;
        });
      });
      // 512 stretches: the standard error of a variance is √(2/512) of it.
      const ratio = correlationTime(all) / ((1 + kept) / (1 - kept));
      expect(Math.abs(ratio - 1), String(kept)).toBeLessThan(4 * Math.sqrt(2 / 512));
    }
  });

  test("nothing that varies, nothing to forget; of series of any length", () => {
    expect(correlationTime([new Float64Array(100).fill(3)])).toBe(0);
    expect(correlationTime([[1, 2, 3], []])).toBe(0);
  });
});

describe("warm-up", () => {
  test("a step at the start is cut off where it ends", () => {
    const series = Float64Array.from({ length: 2_000 }, (_, i) => (i < 100 ? 10 : 0) + normal());
    const { observations, settled } = mserWarmUp(series);
    expect(observations).toBeGreaterThanOrEqual(100);
    expect(observations).toBeLessThan(400);
    expect(settled).toBe(true);
  });

  test("a constant series loses nothing, a growing one does not settle", () => {
    expect(mserWarmUp(new Float64Array(500).fill(3))).toEqual({ observations: 0, settled: true });
    expect(mserWarmUp(Float64Array.from({ length: 500 }, (_, i) => i)).settled).toBe(false);
  });

  test("agrees with the definition", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -50, max: 50 }), { minLength: 10, maxLength: 120 }), (series) => {
        const groups = batchMeans(series.slice(0, 5 * Math.floor(series.length / 5)), Math.floor(series.length / 5));
        const error = (cut: number) => {
          const kept = groups.slice(cut);
          const mean = kept.reduce((a, b) => a + b, 0) / kept.length;
          return kept.reduce((sum, value) => sum + (value - mean) ** 2, 0) / kept.length ** 2;
        };
        const errors = Array.from({ length: Math.floor(groups.length / 2) + 1 }, (_, cut) => error(cut));
        expect(error(mserWarmUp(series).observations / 5)).toBeLessThanOrEqual(Math.min(...errors) + 1e-9);
      }),
    );
  });
});

describe("batches", () => {
  test("equal, in order, the oldest remainder dropped", () => {
    expect(batchMeans([99, 1, 3, 5, 7], 2)).toEqual([2, 6]);
  });

  test("independent values keep the most batches; a random walk is not trusted", () => {
    const noise = Float64Array.from({ length: 3_000 }, normal);
    expect(independentBatches(noise)).toMatchObject({ independent: true });
    expect(independentBatches(noise).means.length).toBeGreaterThanOrEqual(20);
    let position = 0;
    const walk = Float64Array.from({ length: 3_000 }, () => {
      position += normal();
      return position;
    });
    expect(batchMeansInterval(walk)).toMatchObject({ trusted: false, groups: 10 });
  });

  test("von Neumann's statistic: alternating values, equal values, a slope", () => {
    expect(independenceTest([1, -1, 1, -1, 1, -1]).lagOneCorrelation).toBeLessThan(-0.5);
    expect(independenceTest([2, 2, 2, 2])).toEqual({ lagOneCorrelation: 0, pValue: 1 });
    expect(independenceTest([1, 2, 3, 4, 5, 6, 7, 8]).pValue).toBeLessThan(0.01);
  });

  test("under independence the test rejects as often as it says: 2,000 series, 10 %, 99.9 % interval", () => {
    let rejected = 0;
    for (let i = 0; i < 2_000; i++) if (independenceTest(Array.from({ length: 20 }, normal)).pValue < 0.1) rejected++;
    expect(Math.abs(rejected / 2_000 - 0.1)).toBeLessThan(3.3 * Math.sqrt((0.1 * 0.9) / 2_000));
  });
});

describe("quantiles", () => {
  test("of a known sample", () => {
    const interval = quantileInterval(
      Float64Array.from({ length: 1_000 }, (_, i) => (i * 389) % 1_000),
      0.9,
    );
    expect(interval.estimate).toBe(899);
    expect(interval.low).toBeLessThan(899);
    expect(interval.high).toBeGreaterThan(899);
  });

  test("beyond what the sample can say is not trusted", () => {
    expect(quantileInterval(Float64Array.from({ length: 50 }, normal), 0.999).trusted).toBe(false);
  });

  test("replications of different lengths: 90 % intervals of a median cover in 400 studies, 99.9 % interval", () => {
    let covered = 0;
    for (let study = 0; study < 400; study++) {
      const replications = Array.from({ length: 12 }, (_, i) => Float64Array.from({ length: 60 + 10 * i }, normal));
      if (covers(replicatedQuantileInterval(replications, 0.5, 0.9), 0)) covered++;
    }
    expect(Math.abs(covered / 400 - 0.9)).toBeLessThan(3.3 * Math.sqrt((0.9 * 0.1) / 400));
  });
});

describe("replications", () => {
  test("a ratio of sums; equal denominators give the plain interval", () => {
    const ratio = ratioInterval([1, 2, 6], [10, 10, 10]);
    const plain = replicationInterval([0.1, 0.2, 0.6]);
    expect(ratio.estimate).toBeCloseTo(0.3, 12);
    expect(ratio.low).toBeCloseTo(plain.low, 10);
    expect(ratioInterval([1, 30], [2, 10]).estimate).toBeCloseTo(31 / 12, 12);
    expect(ratioInterval([3], [4]).trusted).toBe(false);
  });

  test("common random numbers: differences, not levels, carry the spread", () => {
    const interval = pairedDifferenceInterval([11, 22, 33], [10, 21, 32]);
    expect(interval).toMatchObject({ estimate: 1, low: 1, high: 1 });
    expect(relativeHalfWidth(interval)).toBe(0);
  });
});

describe("many comparisons", () => {
  test("Bonferroni", () => expect(bonferroniLevel(0.99, 20)).toBeCloseTo(0.9995, 12));

  test("Holm's own order", () => {
    expect(holmRejections([0.04, 0.001, 0.02, 0.3], 0.95)).toEqual([false, true, false, false]);
    expect(holmRejections([0.01, 0.02], 0.95)).toEqual([true, true]);
    expect(holmRejections([], 0.95)).toEqual([]);
  });

  test("Holm rejects all that Bonferroni rejects", () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 20 }), (ps) => {
        const rejected = holmRejections(ps, 0.95);
        ps.forEach((p, i) => {
          if (p <= (1 - bonferroniLevel(0.95, ps.length)) * (1 - 1e-9)) expect(rejected[i]).toBe(true);
        });
      }),
    );
  });
});
