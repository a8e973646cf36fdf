import { describe, expect, test } from "vitest";
import { randomStreams } from "../../src/core/random.ts";
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

  test("a crowd at the start of one run is no warm-up: that run is cut as all others are", () => {
    const crowded = (from: number) =>
      history(
        5_000,
        (arrival) => (from <= arrival && arrival < from + 60 ? 50 : 1) + noise(arrival),
        () => 3,
      );
    const alone = cutOf([pilotOf(crowded(0))]).arrivals;
    const cut = cutOf([1_000, 2_000, 3_000, 4_000, 2_500].map((from) => pilotOf(crowded(from))));
    expect(alone).toBeGreaterThanOrEqual(60);
    expect(cut.settled).toBe(true);
    expect(steadyWindow(crowded(0), cut)).toMatchObject({ from: cut.arrivals, settled: true });
    expect(steadyWindow(crowded(3_500), cut).from).toBe(cut.arrivals);
  });

  test("five correlation times are left out at least, however level the mean of the pilots is", () => {
    const random = randomStreams("cut")("noise");
    // Each is nine tenths of the one before and noise: a correlation time of 19.
    const wandering = () => {
      let level = 0;
      return history(
        20_000,
        () => {
          level = 0.9 * level + random() - 0.5;
          return level;
        },
        () => 1,
      );
    };
    const { arrivals, settled } = cutOf(Array.from({ length: 5 }, () => pilotOf(wandering())));
    expect(arrivals).toBeGreaterThan((5 * 19) / 2);
    expect(arrivals).toBeLessThan(2 * 5 * 19);
    expect(settled).toBe(true);
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
