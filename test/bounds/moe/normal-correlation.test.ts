import { describe, expect, test } from "vitest";
import {
  certain,
  expectation,
  type IntegerLaw,
  lawMean,
  lawVariance,
  repeated,
} from "../../../src/bounds/moe/integer-law.ts";
import { normalCorrelation } from "../../../src/bounds/moe/normal-correlation.ts";
import { uniformOccupancy } from "../../../src/bounds/moe/occupancy.ts";
import { normalCdf, normalDensity, normalQuantile } from "../../../src/core/normal.ts";

/** Correlation of two values of the law at normal quantiles of correlation `r`, by integration over the first one. */
function counted(law: IntegerLaw, r: number): number {
  let below = 0;
  const limits = Array.from(law.probabilities, (p) => {
    below += p;
    return normalQuantile(Math.min(1, below));
  }).slice(0, -1);
  const spread = Math.sqrt(1 - r * r);
  const [mean, step] = [lawMean(law), 0.002];
  let product = 0;
  for (let z = -8 + step / 2; z < 8; z += step) {
    const value = law.first + limits.filter((limit) => limit <= z).length;
    // The mean of the second value is one more for each limit that its number exceeds.
    const second = limits.reduce((sum, limit) => sum + normalCdf((r * z - limit) / spread), law.first);
    product += step * normalDensity(z) * (value - mean) * (second - mean);
  }
  return product / lawVariance(law);
}

describe("the correlation of normal numbers behind a law on a lattice", () => {
  test.each([
    ["E=8, k=2, T=2", uniformOccupancy({ experts: 8, active: 2 }).law(2)],
    ["E=16, k=4, T=4", uniformOccupancy({ experts: 16, active: 4 }).law(4)],
    ["a rare event", { first: 3, probabilities: Float64Array.of(0.99, 0.01) }],
  ])("%s: values correlate as wanted", (_name, law) => {
    for (const wanted of [0.05, 0.4, 0.9]) {
      const r = normalCorrelation(law, wanted);
      expect(r).toBeGreaterThanOrEqual(wanted);
      expect(Math.abs(counted(law, r) - wanted)).toBeLessThan(0.002);
    }
  });

  test("none for none, all for all, and none of what has no spread; hardly more than wanted where the lattice is fine", () => {
    const fine = repeated(uniformOccupancy({ experts: 256, active: 8 }).law(32), 58);
    expect(expectation(fine, () => 1)).toBeCloseTo(1, 12);
    expect(normalCorrelation(fine, 0)).toBeLessThan(1e-12);
    expect(normalCorrelation(fine, 1)).toBe(1);
    expect(normalCorrelation(fine, 0.5)).toBeCloseTo(0.5, 3);
    expect(normalCorrelation(certain(4), 0.5)).toBe(0);
  });
});
