import { describe, expect, test } from "vitest";
import { cutOf, pilotOf, steadyWindow } from "../../src/experiment/steady-window.ts";
import type { RequestHistory } from "../../src/observe/request-history.ts";

/** Arrivals a second apart, each with the requests that it finds and how long it stays. */
function history(count: number, present: (arrival: number) => number, stay: (arrival: number) => number, left = 0) {
  const list = (of: (arrival: number) => number) => Float64Array.from({ length: count }, (_, arrival) => of(arrival));
  return {
    arrivalSeconds: list((arrival) => arrival),
    present: list(present),
    sojournSeconds: list(stay),
    books: { waiting: left, running: 0 },
  } as unknown as RequestHistory;
}

const noise = (arrival: number) => ((arrival * 7919) % 13) / 13;

describe("where runs are cut", () => {
  test("a warm-up that all pilots share is left out", () => {
    const pilots = Array.from({ length: 5 }, (_, run) =>
      pilotOf(
        history(
          1_000,
          (arrival) => (arrival < 100 ? arrival / 10 : 10) + noise(arrival + run),
          () => 3,
        ),
      ),
    );
    const { arrivals, drainSeconds, settled } = cutOf(pilots);
    expect(arrivals).toBeGreaterThanOrEqual(90);
    expect(arrivals).toBeLessThan(200);
    expect([drainSeconds, settled]).toEqual([3, true]);
  });

  test("a crowd at the start of one run is no warm-up of others, nor of its own", () => {
    const crowded = (from: number, to: number) =>
      history(
        1_000,
        (arrival) => (from <= arrival && arrival < to ? 50 : 1) + noise(arrival),
        () => 3,
      );
    expect(cutOf([pilotOf(crowded(0, 300))]).arrivals).toBeGreaterThanOrEqual(300);
    const pilots = [crowded(0, 300), crowded(100, 400), crowded(600, 900), crowded(400, 700), crowded(650, 950)].map(
      pilotOf,
    );
    const cut = cutOf(pilots);
    expect(cut.arrivals).toBeLessThan(300);
    expect(steadyWindow(crowded(0, 300), cut)).toMatchObject({ from: cut.arrivals, settled: true });
  });

  test("users of a closed loop are present from the start: their sojourns tell", () => {
    const settling = history(
      1_000,
      () => 2,
      (arrival) => (arrival < 50 ? 1 : 5),
    );
    expect(cutOf([pilotOf(settling)]).arrivals).toBe(50);
  });

  test("never more than half of a run", () => {
    const growing = history(
      1_000,
      (arrival) => arrival,
      () => 1,
    );
    const window = steadyWindow(growing);
    expect(window).toMatchObject({ to: 999, settled: false });
    expect(window.from).toBeLessThanOrEqual(500);
    expect(steadyWindow(growing, { arrivals: Number.POSITIVE_INFINITY, drainSeconds: 0, settled: true }).from).toBe(
      500,
    );
  });
});

describe("the drain", () => {
  const cut = { arrivals: 100, drainSeconds: 20, settled: true };

  test("whoever came within the longest sojourn of pilots before the last arrival is left out", () => {
    const { from, to } = steadyWindow(
      history(
        1_000,
        () => 1,
        () => 80,
      ),
      cut,
    );
    expect([from, to]).toEqual([100, 980]);
  });

  test("where time was up before all were served, the longest sojourn of the run itself counts too", () => {
    const { to } = steadyWindow(
      history(
        1_000,
        () => 1,
        (arrival) => (arrival === 10 ? 80 : 5),
        3,
      ),
      cut,
    );
    expect(to).toBe(920);
  });

  test("half of what came after the warm-up is kept, and that it is too little is said", () => {
    const window = steadyWindow(
      history(
        1_000,
        () => 1,
        () => 1,
      ),
      { ...cut, drainSeconds: 900 },
    );
    expect(window).toMatchObject({ from: 100, to: 550, settled: false });
  });
});
