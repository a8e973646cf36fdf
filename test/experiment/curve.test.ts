import { beforeAll, describe, expect, test } from "vitest";
import { measuredCapacity } from "../../src/experiment/capacity.ts";
import { type CurveReport, curve } from "../../src/experiment/curve.ts";
import { servingShape } from "../../src/experiment/serving-shape.ts";
import { defaultPrecision, type Precision } from "../../src/experiment/study.ts";
import { synchronousPace } from "../../src/kernel/pace.ts";
import { curveCsv } from "../../src/report/curve-csv.ts";
import { curveSvg } from "../../src/report/curve-svg.ts";
import { curveText } from "../../src/report/curve-text.ts";
import { deploymentOf } from "../../src/scenario/deployment.ts";
import { checkScenario, parseScenario } from "../../src/scenario/read.ts";
import type { ServingShape } from "../../src/theory/catalogue/shape.ts";
import { edited, small } from "../scenario/scenarios.ts";

/** One request at a time; each takes as long as any other. */
const alone = edited(edited(small, "maxSequences: 4", "maxSequences: 1"), "requests: 10", "requests: 2000");
const precision: Precision = { ...defaultPrecision, meanTpot: 0.2, p99Ttft: 0.5, budget: { minimum: 10, maximum: 20 } };
const options = { pace: synchronousPace, precision };

describe("capacity", () => {
  test("of one request at a time is the reciprocal of what a request takes", async () => {
    const scenario = parseScenario(alone);
    const capacity = await measuredCapacity(scenario, 0.95, { pace: synchronousPace });
    const { aloneSeconds } = servingShape(scenario, deploymentOf(scenario)) as ServingShape;
    // One request more or less at either end of 1,500 is as near as arrivals show it.
    expect(Math.abs(capacity.requestsPerSecond.estimate * aloneSeconds!.mean - 1)).toBeLessThan(2 / 1_500);
    expect(capacity.offeredPerSecond).toBeGreaterThan(1.1 * capacity.requestsPerSecond.estimate);
    expect(capacity.statedPerSecond).toBe(40);
  });

  test("users of a closed loop offer none to vary", async () => {
    const closed = parseScenario(
      edited(alone, "{ process: poisson, rate: 40/s }", "{ process: closed-loop, users: 5 }"),
    );
    await expect(measuredCapacity(closed, 0.95)).rejects.toThrow("users wait for their answers");
  });
});

describe("curve", () => {
  let report: CurveReport;
  beforeAll(async () => {
    const { workload, ...rest } = parseScenario(alone);
    const promised = { name: "chat", ...workload, slo: { ttft: 0.2 } };
    report = await curve(checkScenario({ ...rest, workload: { classes: [promised] } }), {
      ...options,
      loads: [0.2, 0.8, 1, 1.3],
    });
  });

  test("offers shares of the measured capacity", () => {
    expect(report.points.map(({ load }) => load)).toEqual([0.2, 0.8, 1, 1.3]);
    const { value } = report.capacity.requestsPerSecond;
    for (const { load, requestsPerSecond } of report.points) expect(requestsPerSecond).toBeCloseTo(load * value!, 9);
  });

  test("what keeps up makes the tokens that are asked for, and costs accordingly", () => {
    for (const { requestsPerSecond, measured } of report.points.slice(0, 2)) {
      const { value, low, high } = measured.outputTokensPerSecond;
      expect(Math.abs(value! / (20 * requestsPerSecond) - 1)).toBeLessThan(0.05);
      expect([low! <= value!, value! <= high!]).toEqual([true, true]);
      // One H100 at its hourly price.
      const dollars = measured.dollarsPerMillionTokens;
      expect((dollars.value! * value!) / (dollars.low! * high!)).toBeCloseTo(1, 9);
    }
  });

  test("the more load the longer the wait, the cheaper the tokens, the less kept; speed is that of a request alone", () => {
    const [low, high] = report.points.map(({ measured }) => measured);
    expect(high!.meanTtftSeconds!.low!).toBeGreaterThan(low!.meanTtftSeconds!.high!);
    expect(high!.p99TtftSeconds!.low!).toBeGreaterThan(low!.p99TtftSeconds!.high!);
    expect(high!.dollarsPerMillionTokens.high!).toBeLessThan(low!.dollarsPerMillionTokens.low!);
    expect(high!.keptShare!.high!).toBeLessThan(low!.keptShare!.low!);
    const ratio = high!.goodputPerSecond!.value! / high!.keptShare!.value!;
    expect(Math.abs(ratio / report.points[1]!.requestsPerSecond - 1)).toBeLessThan(0.05);
    expect(high!.speedTokensPerSecond.value! / low!.speedTokensPerSecond.value!).toBeCloseTo(1, 6);
  });

  test("at and above capacity it is UNSTABLE: rates, but no latency of a long run", () => {
    expect(report.points.map(({ stability }) => stability)).toEqual([
      "stationary",
      "stationary",
      "unstable",
      "unstable",
    ]);
    for (const { measured } of report.points.slice(2)) {
      const { meanTtftSeconds, p99TtftSeconds, goodputPerSecond, keptShare } = measured;
      expect([meanTtftSeconds, p99TtftSeconds, goodputPerSecond, keptShare]).toEqual([null, null, null, null]);
      const served = measured.outputTokensPerSecond.value! / 20 / report.capacity.requestsPerSecond.value!;
      expect(Math.abs(served - 1)).toBeLessThan(0.02);
    }
  });

  test("the frontier at the speed measured is as fast, and no dearer than this deployment", () => {
    for (const { measured, frontier } of report.points) {
      expect(frontier!.tokensPerSecondPerRequest).toBeGreaterThanOrEqual(measured.speedTokensPerSecond.value!);
      expect(frontier!.share).toBeLessThanOrEqual(1);
      expect(frontier!.share! * measured.dollarsPerMillionTokens.value!).toBeCloseTo(
        frontier!.dollarsPerMillionTokens,
        9,
      );
    }
  });

  test("text: a line for each load, unstable ones without percentiles, what load 1 is, a chart", () => {
    const text = curveText(report);
    expect(text).toMatch(/^small: Llama 3 8B on 1 × H100, by offered load\nLoad 1 is 9\.\d+ ± [\d.]+ requests\/s/);
    expect(text.match(/UNSTABLE +–/g)).toHaveLength(2);
    expect(text).toMatch(/\n {2}0\.80 .* ms, .* to .*%\n/);
    expect(text).toContain("◆ measured, by load");
    expect(text).not.toMatch(/NaN|Infinity|undefined|null/);
  });

  test("CSV: a line for each load, every figure with its ends, nothing where there is none", () => {
    const [header, ...lines] = curveCsv(report)
      .trimEnd()
      .split("\n")
      .map((line) => line.split(","));
    expect(lines.map((line) => line.length)).toEqual(lines.map(() => header!.length));
    const column = (name: string) => lines.map((line) => line[header!.indexOf(name)]);
    expect(column("load")).toEqual(["0.2", "0.8", "1", "1.3"]);
    expect(column("ttft_p99_seconds_low").map((text) => text !== "")).toEqual([true, true, false, false]);
    expect(Number(column("ttft_mean_seconds")[0])).toBe(report.points[0]!.measured.meanTtftSeconds!.value);
  });

  test("SVG: both pictures, their axes and every stable load by name", () => {
    const picture = curveSvg(report);
    expect(picture.match(/<svg/g)).toHaveLength(3);
    for (const text of ["dollars per million output tokens", "seconds to the first token", ">0.2<", ">0.8<"]) {
      expect(picture).toContain(text);
    }
    expect(picture).not.toMatch(/NaN|Infinity|undefined/);
  });
});
