import { firstValueFrom, Subject, Subscription, take, toArray } from "rxjs";
import { describe, expect, test } from "vitest";
import { randomStreams } from "../../src/core/random.ts";
import { Rank } from "../../src/kernel/calendar.ts";
import { type Pace, SteeredPace, slicedPace, synchronousPace } from "../../src/kernel/pace.ts";
import { type Model, simulate } from "../../src/kernel/simulate.ts";
import { SimulatedTime } from "../../src/kernel/simulated-time.ts";

interface Tick {
  atSeconds: number;
  clock: number;
  chain: number;
}

/** Several chains of events at random and at equal instants; each tick publishes two events. */
function ticking(time: SimulatedTime, ticks = 2_000): Model<Tick> {
  return {
    start(publish) {
      const random = randomStreams(7)("ticks");
      const stopped = new Subscription();
      const chain = (id: number, left: number) => ({
        fire() {
          if (stopped.closed || left === 0) return;
          publish({ atSeconds: time.nowSeconds, clock: id, chain: left });
          publish({ atSeconds: time.nowSeconds, clock: -id, chain: left });
          time.after(random() < 0.3 ? 0 : random(), Rank.arrival, chain(id, left - 1));
        },
      });
      for (let id = 1; id <= 3; id++) time.after(id === 3 ? 0 : random(), Rank.arrival, chain(id, ticks));
      return stopped;
    },
  };
}

const run = (pace: Pace, horizonSeconds?: number) => {
  const time = new SimulatedTime();
  const options = horizonSeconds === undefined ? { pace } : { pace, horizonSeconds };
  return { time, events$: simulate(time, ticking(time), options) };
};

describe("the event loop", () => {
  test("synchronous, sliced and steered pace give the same events", async () => {
    const synchronous = await firstValueFrom(run(synchronousPace).events$.pipe(toArray()));
    const sliced = await firstValueFrom(run(slicedPace(0)).events$.pipe(toArray()));
    const steered = await firstValueFrom(run(new SteeredPace(1e5)).events$.pipe(toArray()));
    expect(synchronous).toHaveLength(12_000);
    expect(sliced).toEqual(synchronous);
    expect(steered).toEqual(synchronous);
  });

  test("a sliced run lets the program's other work through", async () => {
    let turns = 0;
    const other = setInterval(() => turns++, 0);
    await firstValueFrom(run(slicedPace(0)).events$.pipe(toArray()));
    clearInterval(other);
    expect(turns).toBeGreaterThan(5);
  });

  test("the horizon is the last instant of the run, and the clock ends on it", () => {
    const { time, events$ } = run(synchronousPace, 100);
    const events: Tick[] = [];
    let completed = false;
    events$.subscribe({ next: (event) => events.push(event), complete: () => (completed = true) });
    expect(completed).toBe(true);
    expect(time.nowSeconds).toBe(100);
    expect(time.nextSeconds).toBeGreaterThan(100);
    expect(Math.max(...events.map((event) => event.atSeconds))).toBeLessThanOrEqual(100);
  });

  test("with nothing pending before the horizon the clock still ends on it", () => {
    const { time, events$ } = run(synchronousPace, 1e9);
    events$.subscribe();
    expect([time.nowSeconds, time.pending]).toEqual([1e9, 0]);
  });

  test("unsubscribing stops the run and the model, and nothing more is published", () => {
    const { time, events$ } = run(synchronousPace);
    const events: Tick[] = [];
    events$.pipe(take(11)).subscribe((event) => events.push(event));
    expect(events).toHaveLength(11);
    const stoppedAt = time.nowSeconds;
    while (time.pending > 0) time.step();
    expect(events).toHaveLength(11);
    expect(events.at(-1)?.atSeconds).toBe(stoppedAt);
  });

  test.each([
    ["synchronous", synchronousPace],
    ["sliced", slicedPace(0)],
  ])("what the model throws is the error of a %s run", async (_, pace) => {
    const time = new SimulatedTime();
    const model: Model<number> = {
      start(publish) {
        for (let count = 0; count < 1_000; count++) {
          time.after(count, Rank.arrival, {
            fire() {
              if (count === 700) throw new Error("a broken law");
              publish(count);
            },
          });
        }
        return new Subscription();
      },
    };
    const seen: number[] = [];
    const message = await new Promise<string>((resolve) => {
      simulate(time, model, { pace }).subscribe({
        next: (count) => seen.push(count),
        error: (error: Error) => resolve(error.message),
      });
    });
    expect(message).toBe("a broken law");
    expect(seen).toHaveLength(700);
  });

  test("an observer that stops the run is told each event once, then the last word", () => {
    const time = new SimulatedTime();
    const stop$ = new Subject<void>();
    let publish: (label: string) => void;
    const model: Model<string> = {
      start(toOutbox) {
        publish = toOutbox;
        time.after(1, Rank.arrival, {
          fire() {
            publish("a");
            publish("b");
          },
        });
        return new Subscription();
      },
      end: () => publish("end"),
    };
    const seen: string[] = [];
    simulate(time, model, { pace: synchronousPace, stop$ }).subscribe((label) => {
      seen.push(label);
      if (label === "a") stop$.next();
    });
    expect(seen).toEqual(["a", "b", "end"]);
  });

  test("observers see the state after a change, never during it", () => {
    const time = new SimulatedTime();
    let changing = false;
    const model: Model<number> = {
      start(publish) {
        time.after(1, Rank.arrival, {
          fire() {
            changing = true;
            publish(1);
            publish(2);
            changing = false;
          },
        });
        return new Subscription();
      },
    };
    const during: boolean[] = [];
    simulate(time, model, { pace: synchronousPace }).subscribe(() => during.push(changing));
    expect(during).toEqual([false, false]);
  });
});

describe("a steered pace", () => {
  test("grants simulated time in proportion to wall time, and none while paused", () => {
    let wallMilliseconds = 0;
    const pace = new SteeredPace(10, () => wallMilliseconds);
    wallMilliseconds = 500;
    expect(pace.slice(100).untilSeconds).toBe(5);
    pace.paused = true;
    wallMilliseconds = 1_500;
    expect(pace.slice(100).untilSeconds).toBe(Number.NEGATIVE_INFINITY);
    pace.paused = false;
    pace.speed = 20;
    wallMilliseconds = 1_600;
    expect(pace.slice(100).untilSeconds).toBe(7);
  });

  test("owes nothing to a loop that has not kept up", () => {
    let wallMilliseconds = 0;
    const pace = new SteeredPace(10, () => wallMilliseconds);
    wallMilliseconds = 1_000;
    expect(pace.slice(100).untilSeconds).toBe(10);
    wallMilliseconds = 2_000;
    expect(pace.slice(4).untilSeconds).toBe(10);
    expect(pace.slice(11).untilSeconds).toBe(10);
    wallMilliseconds = 2_100;
    expect(pace.slice(11).untilSeconds).toBe(11);
  });
});
