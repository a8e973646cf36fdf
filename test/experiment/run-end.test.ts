import { delay, EMPTY, NEVER, of, tap, throwError, timer } from "rxjs";
import { describe, expect, test } from "vitest";
import { slicedPace } from "../../src/kernel/pace.ts";
import { edited } from "../scenario/scenarios.ts";
import { busy, runOf } from "./runs.ts";

describe("the end of a run", () => {
  const untilHorizon = (seconds: number) => edited(busy, "requests: 600", `horizon: ${seconds} s`);

  test("at the horizon leaves requests unfinished", async () => {
    const report = await runOf(untilHorizon(2));
    expect(report).toMatchObject({ ended: "horizon", simulatedSeconds: 2 });
    expect(report.requests.unfinished).toBeGreaterThan(0);
  });

  test("at the horizon is so even when all that came were served by then", async () => {
    const sparse = edited(untilHorizon(10), "rate: 25/s", "rate: 0.5/s");
    const report = await runOf(sparse);
    expect([report.requests.unfinished, report.ended]).toEqual([0, "horizon"]);
  });

  test("is drained where all requests came and were served before the horizon", async () => {
    expect((await runOf(edited(busy, "requests: 600", "requests: 600, horizon: 1 h"))).ended).toBe("drained");
  });

  test("before anything happened has counts of 0 and nothing that was not measured", async () => {
    const report = await runOf(untilHorizon(1e-9));
    expect(report.requests).toEqual({
      offered: 0,
      finished: 0,
      unfinished: 0,
      rejected: 0,
      preempted: 0,
      preemptions: 0,
    });
    expect(report.bound).toBeNull();
    expect(report.latency.ttftSeconds).toMatchObject({ count: 0, mean: { value: null }, greatest: null });
    expect(report.speedTokensPerSecondPerRequest).toEqual({
      simulated: { value: null, halfWidth: null },
      closedForm: null,
      ratio: null,
    });
    expect(JSON.parse(JSON.stringify(report))).toEqual(report);
  });

  test("comes when it is stopped, with what it has", async () => {
    const endless = edited(busy, "requests: 600", "horizon: 1000 h");
    const report = await runOf(endless, { pace: slicedPace(1), stop$: timer(50) });
    expect(report.ended).toBe("stopped");
    expect(report.requests.finished).toBeGreaterThan(0);
    expect(report.simulatedSeconds).toBeLessThan(3.6e6);
  });

  test("is not a stop where the stop comes too late or never", async () => {
    expect((await runOf(busy, { stop$: NEVER })).ended).toBe("drained");
    expect((await runOf(busy, { stop$: of(1).pipe(delay(60_000)) })).ended).toBe("drained");
  });

  test("waits for what is written beside it", async () => {
    let written = false;
    const slowly = () =>
      timer(20).pipe(
        tap(() => {
          written = true;
        }),
      );
    await runOf(busy, { beside: slowly });
    expect(written).toBe(true);
    expect((await runOf(busy, { beside: () => EMPTY })).ended).toBe("drained");
  });

  test("is a failure where what runs beside it fails", async () => {
    const failing = () => throwError(() => new Error("disk full"));
    await expect(runOf(busy, { beside: failing })).rejects.toThrow("disk full");
  });
});
