import { StageBooks } from "./stage-books.ts";
import type { StageUse } from "./stage-use.ts";
import { Trip } from "./trip.ts";

/**
 * The stages of a pipeline as a tandem of first-come-first-served servers: a microbatch takes each in turn, waits where
 * one is not free, and spends a hop on the link between two; a stage computes while it sends and receives.
 */
export class Pipeline {
  readonly #weights: readonly number[];
  readonly #freeSeconds: number[];
  readonly #books: StageBooks;

  /** `weights`: what each stage takes over the mean stage. */
  constructor(weights: readonly number[]) {
    this.#weights = weights;
    this.#freeSeconds = weights.map(() => 0);
    this.#books = new StageBooks(weights);
  }

  get stages(): number {
    return this.#weights.length;
  }

  /** When the first stage can take the next microbatch. */
  get firstStageFreeSeconds(): number {
    return this.#freeSeconds[0]!;
  }

  /** A trip that has not begun. */
  newTrip(): Trip {
    return new Trip(this.#weights);
  }

  /** The replica has work from an instant on, and has none from an instant on; saying it again changes nothing. */
  begin(nowSeconds: number): void {
    this.#books.begin(nowSeconds);
  }
  rest(nowSeconds: number): void {
    this.#books.rest(nowSeconds);
  }

  /** Sends a microbatch through all stages, from an instant at which the first is free; the mean stage takes `stageSeconds`. */
  enter(trip: Trip, nowSeconds: number, stageSeconds: number, hopSeconds: number): void {
    this.#books.enter(trip, nowSeconds, stageSeconds, nowSeconds - this.#freeSeconds[0]!);
    trip.stageSeconds = stageSeconds;
    trip.hopSeconds = hopSeconds;
    let readySeconds = nowSeconds;
    for (let stage = 0; stage < this.#weights.length; stage++) {
      const start = Math.max(readySeconds, this.#freeSeconds[stage]!);
      const end = start + this.#weights[stage]! * stageSeconds;
      trip.startSeconds[stage] = start;
      this.#freeSeconds[stage] = end;
      trip.exitSeconds = end;
      readySeconds = end + hopSeconds;
    }
  }

  /** A trip through a single stage ends earlier than was said. */
  shorten(trip: Trip, stageSeconds: number): void {
    trip.stageSeconds = stageSeconds;
    trip.exitSeconds = trip.startSeconds[0]! + stageSeconds;
    this.#freeSeconds[0] = trip.exitSeconds;
  }

  /** Books what the stages did for a trip, up to an instant; trips are booked in the order in which they entered. */
  book(trip: Trip, untilSeconds = Number.POSITIVE_INFINITY): void {
    this.#books.book(trip, untilSeconds);
  }

  /** What each stage did in all trips booked. */
  get use(): readonly StageUse[] {
    return this.#books.use;
  }
}
