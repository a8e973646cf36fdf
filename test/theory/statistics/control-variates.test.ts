import { randomNormal } from "d3-random";
import { describe, expect, test } from "vitest";
import { randomStreams } from "../../../src/core/random.ts";
import { controlledInterval } from "../../../src/theory/statistics/control-variates.ts";
import { covers, studentInterval } from "../../../src/theory/statistics/interval.ts";
import { sortedQuantileInterval } from "../../../src/theory/statistics/quantile-interval.ts";
import { ratioInterval } from "../../../src/theory/statistics/replications.ts";
import { studentTFactor } from "../../../src/theory/statistics/student-t.ts";

const normals = (seed: string) => randomNormal.source(randomStreams("control variates")(seed))(0, 1);
const list = (count: number, of: () => number) => Array.from({ length: count }, of);
const replications = 60;

describe("an interval with control variates", () => {
  test("of one control is the textbook's: slope, intercept and its standard error", () => {
    const normal = normals("textbook");
    const control = list(replications, normal);
    const figures = control.map((c) => 5 + 2 * c + normal());
    const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
    const [c0, y0] = [mean(control), mean(figures)];
    const spread = control.reduce((sum, c) => sum + (c - c0) ** 2, 0);
    const slope = control.reduce((sum, c, i) => sum + (c - c0) * (figures[i]! - y0), 0) / spread;
    const residual = figures.reduce((sum, y, i) => sum + (y - y0 - slope * (control[i]! - c0)) ** 2, 0);
    const error = Math.sqrt((residual / (replications - 2)) * (1 / replications + c0 ** 2 / spread));
    const interval = controlledInterval(figures, [control]);
    expect(interval.estimate).toBeCloseTo(y0 - slope * c0, 10);
    expect(interval.high - interval.estimate).toBeCloseTo(studentTFactor(0.95, replications - 2) * error, 10);
    expect(interval).toMatchObject({ method: "control variates", groups: replications - 1, trusted: true });
  });

  test("knows a figure that controls explain whole", () => {
    const normal = normals("whole");
    const controls = [list(replications, normal), list(replications, normal)];
    const figures = controls[0]!.map((c, i) => 7 - 3 * c + 0.5 * controls[1]![i]!);
    const { estimate, low, high } = controlledInterval(figures, controls);
    expect(estimate).toBeCloseTo(7, 10);
    expect(high - low).toBeLessThan(1e-10);
  });

  test("leaves out a control that others give, and all where there are too few replications or nothing varies", () => {
    const normal = normals("left out");
    const control = list(replications, normal);
    const figures = control.map((c) => c + normal());
    const doubled = controlledInterval(figures, [control, control.map((c) => 2 * c)]);
    expect(doubled.groups).toBe(replications - 1);
    expect(doubled.estimate).toBeCloseTo(controlledInterval(figures, [control]).estimate, 10);
    expect(controlledInterval(figures.slice(1), [control.slice(1)])).toEqual(
      studentInterval(figures.slice(1), 0.95, "replications"),
    );
    expect(
      controlledInterval(
        list(replications, () => 4),
        [control],
      ),
    ).toMatchObject({ estimate: 4, low: 4, high: 4 });
  });

  test("95 % intervals of 60 skewed figures cover in 2,000 studies, within four standard errors", () => {
    const normal = normals("coverage");
    const studies = 2_000;
    let covered = 0;
    let narrower = 0;
    for (let study = 0; study < studies; study++) {
      // What one server sees: a control that is exponential, and a figure that moves with it and with its square.
      const waits = list(replications, () => normal() ** 2 / 2 + normal() ** 2 / 2);
      const figures = waits.map((wait) => wait + 0.1 * wait ** 2 + 0.3 * normal());
      const interval = controlledInterval(figures, [waits.map((wait) => wait - 1)]);
      if (covers(interval, 1 + 0.1 * 2)) covered++;
      const plain = studentInterval(figures, 0.95, "replications");
      if (interval.high - interval.low < (plain.high - plain.low) / 2) narrower++;
    }
    const standardError = Math.sqrt((0.95 * 0.05) / studies);
    expect(covered / studies).toBeGreaterThan(0.95 - 4 * standardError);
    expect(covered / studies).toBeLessThan(0.95 + 4 * standardError);
    expect(narrower / studies).toBeGreaterThan(0.95);
  });
});

describe("controls reach ratios and quantiles", () => {
  test("a ratio's: 95 % intervals of replications that weigh differently cover in 400 studies, 99.9 % interval, and are narrower", () => {
    const normal = normals("ratio");
    const studies = 400;
    let [covered, width, plainWidth] = [0, 0, 0];
    for (let study = 0; study < studies; study++) {
      const control = list(replications, normal);
      const bottoms = control.map((_, i) => 100 + i);
      const tops = bottoms.map((bottom, i) => bottom * (2 + 0.5 * control[i]! + 0.2 * normal()));
      const interval = ratioInterval(tops, bottoms, 0.95, [control]);
      const plain = ratioInterval(tops, bottoms);
      if (covers(interval, 2)) covered++;
      width += interval.high - interval.low;
      plainWidth += plain.high - plain.low;
    }
    // 99.9 % of binomial outcomes of 400 studies at 95 % are from 364 to 393.
    expect(covered).toBeGreaterThanOrEqual(364);
    expect(covered).toBeLessThanOrEqual(393);
    expect(width).toBeLessThan(plainWidth / 2);
  });

  test("a quantile's: 95 % intervals of the 90th percentile cover in 300 studies, 99.9 % interval, and are narrower", () => {
    const normal = normals("quantile");
    const studies = 300;
    // Each replication is shifted as a whole; the shift is the control.
    const truth = 1.2815515655446004 * Math.sqrt(2);
    let covered = 0;
    let width = 0;
    let plainWidth = 0;
    for (let study = 0; study < studies; study++) {
      const shifts = list(replications, normal);
      const sorted = shifts.map((shift) => Float64Array.from({ length: 50 }, () => shift + normal()).sort());
      const interval = sortedQuantileInterval(sorted, 0.9, 0.95, [shifts]);
      const plain = sortedQuantileInterval(sorted, 0.9);
      if (covers(interval, truth)) covered++;
      width += interval.high - interval.low;
      plainWidth += plain.high - plain.low;
    }
    // 99.9 % of binomial outcomes of 300 studies at 95 % are from 271 to 296.
    expect(covered).toBeGreaterThanOrEqual(271);
    expect(covered).toBeLessThanOrEqual(296);
    expect(width).toBeLessThan(0.75 * plainWidth);
  });
});
