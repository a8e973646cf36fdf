import fc from "fast-check";
import { tap } from "rxjs";
import { describe, expect, test } from "vitest";
import { histogramRelativeError } from "../../src/core/histogram.ts";
import { jain } from "../../src/experiment/fairness-report.ts";
import { meets } from "../../src/observe/service-level.ts";
import type { RequestRecord } from "../../src/serving/request.ts";
import { edited, twoClasses } from "../scenario/scenarios.ts";
import { busy, runOf } from "./runs.ts";

/** A report, and every request as it stood at the end. */
async function followed(text: string) {
  const requests: RequestRecord[] = [];
  const report = await runOf(text, {
    beside: (events$) =>
      events$.pipe(
        tap((event) => {
          if (event.kind === "arrival" || event.kind === "rejection") requests.push(event.request);
        }),
      ),
  });
  return { report, requests };
}

const isServed = ({ finishSeconds }: RequestRecord) => !Number.isNaN(finishSeconds);
const sum = (values: readonly number[]) => values.reduce((all, value) => all + value, 0);

describe("the report of a run of two classes", async () => {
  const { report, requests } = await followed(twoClasses);
  const classes = report.classes!;
  const of = (name: string) => requests.filter(({ className }) => className === name);

  test("has a part for each, in the scenario's order", () => {
    expect(classes.map(({ name, slo }) => [name, slo])).toEqual([
      ["chat", { ttftSeconds: 0.2, tpotSeconds: 0.02 }],
      ["documents", null],
    ]);
  });

  test("counts each request in its class", () => {
    for (const name of ["offered", "finished", "unfinished", "rejected", "preempted", "preemptions"] as const) {
      expect(sum(classes.map((one) => one.requests[name]))).toBe(report.requests[name]);
    }
    for (const { name, requests: counted } of classes) {
      expect(counted.offered).toBe(of(name).length);
      expect(counted.finished).toBe(of(name).filter(isServed).length);
    }
    expect(report.requests.rejected).toBeGreaterThan(0);
  });

  test("has each class's latencies from its own requests, those turned away last", () => {
    for (const { name, latency } of classes) {
      const served = of(name).filter(isServed);
      const waits = served.map((one) => one.firstTokenSeconds - one.arrivalSeconds);
      const { mean, p50, count, notServed, greatest } = latency.ttftSeconds;
      expect([count, notServed, greatest]).toEqual([
        served.length,
        of(name).length - served.length,
        Math.max(...waits),
      ]);
      expect(Math.abs(mean.value! / (sum(waits) / served.length) - 1)).toBeLessThan(1e-12);
      const exact = waits.sort((a, b) => a - b)[Math.ceil(of(name).length / 2) - 1]!;
      expect(Math.abs(p50.value! / exact - 1)).toBeLessThanOrEqual(histogramRelativeError * (1 + 1e-9));
    }
    expect(classes[1]!.latency.ttftSeconds.p99).toEqual({ value: null, halfWidth: null, notServed: true });
  });

  test("has goodput where something was promised: no more than throughput, and of known requests", () => {
    const [chat, documents] = classes;
    expect(documents!.goodput).toBeNull();
    const { requestsPerSecond, share, met, missed, undecided } = chat!.goodput!;
    const keeping = of("chat").filter((one) => isServed(one) && meets(one.slo!, one));
    expect([met, met + missed, undecided]).toEqual([keeping.length, of("chat").length, 0]);
    expect(met).toBeGreaterThan(0);
    expect(missed).toBeGreaterThan(0);
    expect(share.value).toBe(met / (met + missed));
    expect(requestsPerSecond.value).toBeLessThanOrEqual(chat!.requestsPerSecond.value!);
    expect(report.goodput).toEqual(chat!.goodput);
  });

  test("has rates of classes that add up to those of the run", () => {
    const rates = classes.map(({ requestsPerSecond }) => requestsPerSecond.value!);
    expect(Math.abs(sum(rates) / report.requestsPerSecond.value! - 1)).toBeLessThan(1e-12);
  });

  test("has a fairness that follows from the requests themselves", () => {
    const speedOf = (one: RequestRecord) =>
      isServed(one) ? one.outputTokens / (one.finishSeconds - one.arrivalSeconds) : 0;
    const { overRequests, overClasses } = report.fairness;
    const error = 4 * histogramRelativeError;
    expect(Math.abs(overRequests.value! / jain(requests.map(speedOf)) - 1)).toBeLessThan(error);
    const means = ["chat", "documents"].map((name) => sum(of(name).map(speedOf)) / of(name).length);
    expect(Math.abs(overClasses!.speed! / jain(means) - 1)).toBeLessThan(error);
    const tokens = (list: readonly RequestRecord[]) => sum(list.map(({ outputTokens }) => outputTokens));
    const served = ["chat", "documents"].map((name) => tokens(of(name).filter(isServed)) / tokens(of(name)));
    expect(overClasses!.served).toBeCloseTo(jain(served), 12);
    expect(overClasses!.served).toBeLessThan(1);
  });

  test("survives JSON", () => {
    expect(JSON.parse(JSON.stringify(report))).toEqual(report);
  });
});

test("requests that a horizon leaves unfinished are missed where they are late, and else undecided", async () => {
  const late = edited(edited(twoClasses, "requests: 2000", "horizon: 3 s"), "rate: 20/s", "rate: 60/s");
  const { report, requests } = await followed(late);
  const { met, missed, undecided } = report.goodput!;
  const promised = requests.filter(({ slo }) => slo !== undefined);
  expect(met + missed + undecided).toBe(promised.length);
  const waiting = promised.filter((one) => !isServed(one) && Number.isNaN(one.firstTokenSeconds));
  const overdue = waiting.filter(({ arrivalSeconds }) => 3 - arrivalSeconds > 0.2);
  expect(overdue.length).toBeGreaterThan(0);
  expect(missed).toBeGreaterThanOrEqual(overdue.length);
  expect(undecided).toBeGreaterThan(0);
});

test("a class of which no request came has a part too", async () => {
  const silent = edited(twoClasses, "rate: 3/s", "rate: 1e-9/s");
  const { report } = await followed(silent);
  const { requests, latency, requestsPerSecond } = report.classes![1]!;
  expect([requests.offered, latency.ttftSeconds.count, requestsPerSecond.value]).toEqual([0, 0, 0]);
  expect(latency.e2eSeconds.p99).toEqual({ value: null, halfWidth: null, notServed: false });
});

test("without classes there are no parts of them, no goodput and no fairness between them", async () => {
  const { report } = await followed(busy);
  expect(report).not.toHaveProperty("classes");
  expect([report.goodput, report.fairness.overClasses]).toEqual([null, null]);
});

test("looser targets let more requests meet them (one run, its targets scaled)", async () => {
  const met = await Promise.all(
    [50, 100, 200, 400].map(async (ms) => {
      const { report } = await followed(edited(twoClasses, "ttft: 200 ms", `ttft: ${ms} ms`));
      return report.goodput!.met;
    }),
  );
  expect(met).toEqual([...met].sort((a, b) => a - b));
  expect(met.at(-1)).toBeGreaterThan(met[0]!);
});

describe("Jain's index", () => {
  const values = fc.array(fc.double({ min: 0, max: 1e3, noNaN: true }), { minLength: 1, maxLength: 30 });

  test("lies between 1/n and 1, whatever the unit", () => {
    fc.assert(
      fc.property(values, (list) => {
        fc.pre(list.some((value) => value > 1e-6));
        const index = jain(list);
        expect(index).toBeGreaterThanOrEqual((1 / list.length) * (1 - 1e-12));
        expect(index).toBeLessThanOrEqual(1 + 1e-12);
        expect(jain(list.map((value) => 1000 * value))).toBeCloseTo(index, 9);
      }),
    );
  });

  test("is 1 for equals, 1/n where one has all, and nothing for nobody", () => {
    expect([jain([3, 3, 3]), jain([5, 0, 0, 0])]).toEqual([1, 0.25]);
    expect([jain([]), jain([0, 0])]).toEqual([Number.NaN, Number.NaN]);
  });
});
