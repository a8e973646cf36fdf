import { describe, expect, test } from "vitest";
import { intervalCoverage, unstableShare } from "../theory/coverage.ts";

/**
 * The statistics hold what they promise, over 1,000 seeds. A share of 1,000 seeds itself has a standard error of 0.7 % at 95 %.
 * Prints the figures that docs/validation.md has of another set of runs (`npm run validate -- runs`).
 */
const seeds = 1_000;
const runs = [
  { load: 0.5, customers: 50_000 },
  { load: 0.7, customers: 200_000 },
  { load: 0.9, customers: 1_000_000 },
];
const percent = (share: number) => `${(100 * share).toFixed(1)} %`;

describe.each(["exponential", "constant"] as const)("%s services", (service) => {
  test.each(runs)("95 % intervals cover at load $load with $customers customers", ({ load, customers }) => {
    const { mean, p99, meanTrusted, p99Trusted } = intervalCoverage({ service, load, customers, seeds });
    console.log(
      `| ${service} | ${load} | ${customers} | ${percent(mean)} | ${percent(p99)} | ${percent(meanTrusted)} | ${percent(p99Trusted)} |`,
    );
    expect(mean).toBeGreaterThanOrEqual(0.93);
    expect(mean).toBeLessThanOrEqual(0.97);
    expect(p99).toBeGreaterThanOrEqual(0.92);
    expect(p99).toBeLessThanOrEqual(0.98);
  });

  test.each([
    { load: 0.9, customers: 50_000, least: 0, most: 0.01 },
    { load: 0.95, customers: 50_000, least: 0, most: 0.01 },
    { load: 1.02, customers: 50_000, least: 0.95, most: 1 },
    { load: 1.05, customers: 50_000, least: 0.99, most: 1 },
  ])("called unstable at load $load with $customers customers", ({ load, customers, least, most }) => {
    const share = unstableShare({ service, load, customers, seeds });
    console.log(`| ${service} | ${load} | ${customers} | ${percent(share)} |`);
    expect(share).toBeGreaterThanOrEqual(least);
    expect(share).toBeLessThanOrEqual(most);
  });
});
