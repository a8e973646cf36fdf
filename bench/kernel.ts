import { Subject, Subscription, VirtualTimeScheduler } from "rxjs";
import { randomStreams } from "../src/core/random.ts";
import { Calendar, type Due, Rank } from "../src/kernel/calendar.ts";
import { synchronousPace } from "../src/kernel/pace.ts";
import { simulate } from "../src/kernel/simulate.ts";
import { SimulatedTime } from "../src/kernel/simulated-time.ts";
import { type BenchRow, medianSeconds } from "./bench.ts";

const pendings = [2, 1_000, 10_000];

/** Random delays drawn beforehand, so that drawing them is not measured. */
function delays(): () => number {
  const random = randomStreams("bench")("delays");
  const drawn = Float64Array.from({ length: 1 << 16 }, () => random());
  let at = 0;
  return () => drawn[at++ & (drawn.length - 1)]!;
}

/** Takes the next entry and enters another, over and over, with so many pending. */
function calendarEvents(pending: number, events: number): void {
  const calendar = new Calendar();
  const delay = delays();
  const due: Due = { fire: () => undefined };
  for (let count = 0; count < pending; count++) calendar.insert(delay(), Rank.arrival, due);
  for (let count = 0; count < events; count++) {
    const seconds = calendar.nextSeconds;
    calendar.take().fire();
    calendar.insert(seconds + delay(), Rank.arrival, due);
  }
}

/** The whole loop: each entry publishes an event to three observers and enters its successor. */
function loopEvents(pending: number, events: number): void {
  const time = new SimulatedTime();
  const delay = delays();
  let left = events;
  const model = {
    start(publish: (event: number) => void) {
      const due = {
        fire() {
          publish(left);
          if (left-- > pending) time.after(delay(), Rank.arrival, due);
        },
      };
      for (let count = 0; count < pending; count++) time.after(delay(), Rank.arrival, due);
      return new Subscription();
    },
  };
  let seen = 0;
  const shared = new Subject<number>();
  for (let observer = 0; observer < 3; observer++) shared.subscribe(() => seen++);
  simulate(time, model, { pace: synchronousPace }).subscribe(shared);
  if (seen !== 3 * events) throw new Error(`observers saw ${seen} events of ${3 * events}`);
}

/** The same work on RxJS's own scheduler in virtual time. */
function virtualTimeEvents(pending: number, events: number): void {
  const scheduler = new VirtualTimeScheduler(undefined, Number.POSITIVE_INFINITY);
  const delay = delays();
  let left = events;
  const work = (): void => {
    if (left-- > pending) scheduler.schedule(work, delay());
  };
  for (let count = 0; count < pending; count++) scheduler.schedule(work, delay());
  scheduler.flush();
}

/** Events each second of the calendar and of the loop, beside RxJS's VirtualTimeScheduler in the same run. */
export async function kernelBench(): Promise<BenchRow[]> {
  const rows: BenchRow[] = [];
  for (const pending of pendings) {
    const perSecond = async (work: (pending: number, events: number) => void, events: number) =>
      events / (await medianSeconds(() => work(pending, events)));
    const calendar = await perSecond(calendarEvents, 1_000_000);
    const loop = await perSecond(loopEvents, 1_000_000);
    // Its cost for each event grows with what is pending: fewer events keep the bench short.
    const virtual = await perSecond(virtualTimeEvents, Math.max(pending * 2, 20_000));
    rows.push(
      { name: `calendar, ${pending} pending`, value: calendar, unit: "events/s" },
      { name: `event loop with three observers, ${pending} pending`, value: loop, unit: "events/s" },
      { name: `RxJS VirtualTimeScheduler, ${pending} pending`, value: virtual, unit: "events/s" },
      { name: `event loop over VirtualTimeScheduler, ${pending} pending`, value: loop / virtual, unit: "×" },
    );
  }
  return rows;
}
