import { describe, expect, test } from "vitest";
import { intervalCoverage, unstableShare } from "../coverage.ts";

/** The short form of test/long/coverage.test.ts: 150 seeds, bounds widened by a 99.9 % interval of such a share. */
describe.each(["exponential", "constant"] as const)("%s services", (service) => {
  test("95 % intervals cover at load 0.5 with 50,000 customers, 150 seeds", () => {
    const { mean, p99 } = intervalCoverage({ service, load: 0.5, customers: 50_000, seeds: 150 });
    const margin = 3.3 * Math.sqrt((0.95 * 0.05) / 150);
    expect(mean).toBeGreaterThan(0.95 - margin);
    expect(p99).toBeGreaterThan(0.95 - margin);
  });

  test("load 0.9 is stationary and 1.05 unstable with 50,000 customers, 100 seeds", () => {
    expect(unstableShare({ service, load: 0.9, customers: 50_000, seeds: 100 })).toBeLessThanOrEqual(0.01);
    expect(unstableShare({ service, load: 1.05, customers: 50_000, seeds: 100 })).toBeGreaterThanOrEqual(0.99);
  });
});
