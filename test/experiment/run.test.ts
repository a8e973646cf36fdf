import { tap } from "rxjs";
import { describe, expect, test } from "vitest";
import { closedForm } from "../../src/bounds/closed-form.ts";
import { run } from "../../src/experiment/run.ts";
import type { RunReport } from "../../src/experiment/run-report.ts";
import { slicedPace, synchronousPace } from "../../src/kernel/pace.ts";
import type { ServingEvent } from "../../src/serving/events.ts";
import { edited } from "../scenario/scenarios.ts";
import { busy, planOf, runOf } from "./runs.ts";

const twoStages = edited(busy, "accelerators: 1", "accelerators: 2, layout: { pipelineStages: 2, tensorParallel: 1d }");
const tight = edited(
  edited(busy, "accelerators: 1", "accelerators: 1, kvCache: { capacityTokens: 430, blockTokens: 4 }"),
  "prompt: { distribution: constant, tokens: 100 }",
  "prompt: { distribution: empirical, values: [100, 110, 500], weights: [10, 10, 1] }",
);
const scenarios = { busy, "on two stages": twoStages, "short of memory": tight };

/** Every number of a report with its path, and whatever else is not plain data. */
function leaves(value: unknown, path = ""): [string, unknown][] {
  if (typeof value !== "object" || value === null) return [[path, value]];
  return Object.entries(value).flatMap(([key, inner]) => leaves(inner, `${path}.${key}`));
}

function expectRelative(value: number | null | undefined, expected: number): void {
  expect(Math.abs(value! / expected - 1)).toBeLessThan(1e-12);
}

describe.each(Object.entries(scenarios))("the report of a run that is %s", async (_, text) => {
  const plan = planOf(text);
  const events: ServingEvent[] = [];
  const report = await run(plan, {
    pace: synchronousPace,
    beside: (events$) => events$.pipe(tap((event) => events.push(event))),
  });
  const { requests, tokens, latency } = report;
  const requestsSeen = events.flatMap((event) => (event.kind === "arrival" ? [event.request] : []));
  const advances = events.flatMap((event) => (event.kind === "advance" ? [event] : []));
  const sum = (values: readonly number[]) => values.reduce((all, value) => all + value, 0);

  test("counts every request exactly once", () => {
    expect(requests.offered).toBe(600);
    expect(requests.finished + requests.rejected + requests.unfinished).toBe(600);
    expect(requests.unfinished).toBe(0);
    expect(requests.rejected).toBe(events.filter(({ kind }) => kind === "rejection").length);
    expect(requests.preemptions).toBe(sum(requestsSeen.map(({ preemptions }) => preemptions)));
    expect(requests.preempted).toBe(requestsSeen.filter(({ preemptions }) => preemptions > 0).length);
    if (text === tight) expect([requests.rejected, requests.preempted].every((count) => count > 0)).toBe(true);
  });

  test("counts the tokens of the requests that were served", () => {
    expect(tokens.prompt).toBe(sum(requestsSeen.map(({ promptTokens }) => promptTokens)));
    expect(tokens.output).toBe(sum(requestsSeen.map(({ outputTokens }) => outputTokens)));
  });

  test("takes latencies from the requests' own instants", () => {
    const mean = (of: (request: (typeof requestsSeen)[number]) => number) =>
      sum(requestsSeen.map(of)) / requestsSeen.length;
    expectRelative(
      latency.ttftSeconds.mean.value,
      mean((one) => one.firstTokenSeconds - one.arrivalSeconds),
    );
    expectRelative(
      latency.e2eSeconds.mean.value,
      mean((one) => one.finishSeconds - one.arrivalSeconds),
    );
    expectRelative(
      latency.tpotSeconds.mean.value,
      mean((one) => (one.finishSeconds - one.firstTokenSeconds) / (one.outputTokens - 1)),
    );
    expectRelative(
      latency.normalisedSeconds.mean.value,
      mean((one) => (one.finishSeconds - one.arrivalSeconds) / one.outputTokens),
    );
    // All tokens but the first of each request are gaps, and they span first to last token.
    expect(latency.itlSeconds.count).toBe(sum(requestsSeen.map(({ outputTokens }) => outputTokens - 1)));
    expectRelative(
      latency.itlSeconds.mean.value,
      sum(requestsSeen.map((one) => one.finishSeconds - one.firstTokenSeconds)) / latency.itlSeconds.count,
    );
    expect(latency.e2eSeconds.greatest).toBe(
      Math.max(...requestsSeen.map((one) => one.finishSeconds - one.arrivalSeconds)),
    );
  });

  test("orders its quantiles, and says which fall among requests that were not served", () => {
    for (const { count, notServed, p50, p90, p99, greatest } of Object.values(latency)) {
      const quantiles = [p50, p90, p99];
      const values = quantiles.map((one) => (one.notServed ? Number.POSITIVE_INFINITY : one.value!));
      expect(values).toEqual([...values].sort((a, b) => a - b));
      for (const value of values) expect(value <= greatest! || value === Number.POSITIVE_INFINITY).toBe(true);
      expect(quantiles.map((one) => one.notServed)).toEqual(
        [0.5, 0.9, 0.99].map((q) => q * (count + notServed) * (1 - 1e-12) > count),
      );
      for (const { value, halfWidth, notServed: isMissing } of quantiles) {
        if (isMissing) expect([value, halfWidth]).toEqual([null, null]);
      }
    }
    const { itlSeconds, ...ofRequests } = latency;
    expect(itlSeconds.notServed).toBe(0);
    for (const { count, notServed } of Object.values(ofRequests)) {
      expect([count, notServed]).toEqual([requests.finished, requests.rejected]);
    }
    if (text === tight)
      expect([latency.ttftSeconds.p90.notServed, latency.ttftSeconds.p99.notServed]).toEqual([false, true]);
  });

  test("has rates, price and use that follow from its counts and its time", () => {
    const { simulatedSeconds } = report;
    const { deployment } = plan;
    expectRelative(report.offeredPerSecond.value, requests.offered / simulatedSeconds);
    expect(report.rejectedShare.value).toBe(requests.rejected / requests.offered);
    expectRelative(report.requestsPerSecond.value, requests.finished / simulatedSeconds);
    expectRelative(report.outputTokensPerSecond.value, tokens.output / simulatedSeconds);
    expectRelative(report.speedTokensPerSecondPerRequest.simulated.value, 1 / latency.itlSeconds.mean.value!);
    expectRelative(
      report.dollarsPerMillionOutputTokens.simulated.value,
      (deployment.dollarsPerHour / 3600 / (tokens.output / simulatedSeconds)) * 1e6,
    );
    const work = sum(
      advances.map(({ prefillTokens, prefillPairs, decoding, steps, decodePairs }) =>
        deployment.stepTime.flop(prefillTokens + decoding * steps, prefillPairs + decodePairs),
      ),
    );
    expectRelative(report.mfu.simulated.value, work / simulatedSeconds / deployment.peakFlopPerSecond);
  });

  test("obeys Little's law between queue, batch and the time that requests spend there", () => {
    const { occupancy, simulatedSeconds } = report;
    const spent = sum(requestsSeen.map((one) => one.finishSeconds - one.arrivalSeconds));
    expectRelative((occupancy.queue.value! + occupancy.batch.value!) * simulatedSeconds, spent);
  });

  test("shows stages that are busy for a share of the time", () => {
    expect(report.stages).toHaveLength(plan.deployment.layout.pipelineStages);
    for (const { busy: share, compute } of report.stages) {
      expect(compute).toBeGreaterThan(0);
      expect(share).toBeGreaterThanOrEqual(compute!);
      expect(share).toBeLessThanOrEqual(1 + 1e-12);
    }
  });

  test("lays the closed form at its own batch and context beside it", () => {
    const { architecture, accelerator, layout } = plan.deployment;
    const { batch, contextTokens, binding } = report.bound!;
    const bound = closedForm(architecture, accelerator, layout, batch, contextTokens);
    expect(batch).toBe(report.occupancy.decodeBatch.value);
    expect(contextTokens).toBe(report.occupancy.decodeContextTokens.value);
    expect(binding).toBe(bound.binding);
    const rows = [
      [report.speedTokensPerSecondPerRequest, bound.tokensPerSecondPerRequest],
      [report.dollarsPerMillionOutputTokens, bound.dollarsPerMillionTokens],
      [report.mfu, bound.mfu],
    ] as const;
    for (const [row, figure] of rows) {
      expect(row.closedForm).toBe(figure);
      expectRelative(row.ratio, row.simulated.value! / figure);
    }
  });

  test("survives JSON: no figure is NaN, infinite or undefined", () => {
    expect(JSON.parse(JSON.stringify(report))).toEqual(report);
    expect(leaves(report).filter(([, value]) => typeof value === "number" && !Number.isFinite(value))).toEqual([]);
  });

  test("says what was run", () => {
    expect(report).toMatchObject({
      scenario: "small",
      description: null,
      seed: 1,
      ended: "drained",
      deployment: {
        model: "Llama 3 8B",
        accelerator: "H100",
        ...plan.deployment.layout,
        kvCapacityTokens: plan.deployment.kvCapacityTokens,
        policy: "continuous",
      },
    });
  });
});

describe("a run", () => {
  const differences = (one: RunReport, other: RunReport): number[] => {
    const theirs = new Map(leaves(other));
    return leaves(one).flatMap(([path, value]) => {
      const against = theirs.get(path);
      if (typeof value !== "number" || typeof against !== "number") return value === against ? [] : [1];
      return value === against ? [] : [Math.abs(value - against) / Math.max(Math.abs(value), Math.abs(against))];
    });
  };

  test.each(Object.entries(scenarios))("%s: the same twice, at any pace, to the last bit", async (_, text) => {
    const report = await runOf(text);
    expect(await runOf(text)).toEqual(report);
    expect(await runOf(text, { pace: slicedPace(0) })).toEqual(report);
    expect(JSON.stringify(await runOf(text, { pace: slicedPace(1) }))).toBe(JSON.stringify(report));
  });

  test.each(Object.entries(scenarios))("%s: the same in steps as in leaps, within 1e-9", async (_, text) => {
    const leap = await runOf(text);
    const step = await runOf(edited(text, "seed: 1", "seed: 1, mode: step"));
    expect(Math.max(0, ...differences(leap, step))).toBeLessThan(1e-9);
  });

  test("is another with another seed", async () => {
    const other = await runOf(edited(busy, "seed: 1", "seed: 2"));
    expect(Math.max(...differences(await runOf(busy), other))).toBeGreaterThan(1e-3);
  });

  test("in a full closed loop of the closed form's own assumptions has a ratio of 1", async () => {
    const loop = busy
      .replace(/arrivals: .*/, "arrivals: { process: closed-loop, users: 4 }")
      .replace("tokens: 100", "tokens: 1")
      .replace("tokens: 20", "tokens: 400");
    const { speedTokensPerSecondPerRequest, mfu } = await runOf(loop);
    expect(speedTokensPerSecondPerRequest.ratio).toBeCloseTo(1, 2);
    expect(mfu.ratio).toBeCloseTo(1, 2);
  });
});
