import { asyncScheduler, type Observable, observeOn, Subject } from "rxjs";
import { type Pace, SteeredPace } from "../kernel/pace.ts";
import type { Frame } from "../observe/frames.ts";
import type { RunPlan } from "../scenario/run-plan.ts";
import { plannedSeconds, shareDone } from "./expected-length.ts";
import type { Command } from "./keys.ts";

/** How the run is being driven at the moment. */
export interface Controls {
  /** Simulated seconds for each second of wall time; undefined while it goes as fast as it can. */
  readonly speed: number | undefined;
  readonly paused: boolean;
}

/** How long a run should be watched if nobody touches the keys. */
const watchedSeconds = 12;
/** Where the length of the run is not known beforehand: the speed to start at, and how long to go on adapting it. */
const startingSpeed = 10;
const adaptingSeconds = 3;

/** Turns commands into the pace of a run; the pace decides when events fire on the wall clock, never which. */
export class Steering {
  readonly pace: Pace;
  readonly stop$: Observable<void>;
  readonly #plan: RunPlan;
  readonly #steered: SteeredPace;
  /** Asynchronous: the key that ends the run is still being handled when it is pressed. */
  readonly #stop$ = new Subject<void>();
  readonly #wallSeconds: () => number;
  readonly #startSeconds: number;
  #lengthSeconds: number | undefined;
  #adapts: boolean;
  #speed: number;
  #flatOut = false;

  constructor(plan: RunPlan, wallClock: () => number = () => performance.now()) {
    this.#plan = plan;
    this.#wallSeconds = () => wallClock() / 1000;
    this.#startSeconds = this.#wallSeconds();
    this.#lengthSeconds = plannedSeconds(plan);
    this.#adapts = this.#lengthSeconds === undefined;
    this.#speed = this.#lengthSeconds === undefined ? startingSpeed : this.#lengthSeconds / watchedSeconds;
    this.#steered = new SteeredPace(this.#speed, wallClock);
    this.stop$ = this.#stop$.pipe(observeOn(asyncScheduler));
    this.pace = {
      slice: (nextSeconds) => {
        const slice = this.#steered.slice(nextSeconds);
        return this.#flatOut ? { ...slice, restMilliseconds: 0 } : slice;
      },
    };
  }

  get controls(): Controls {
    return { speed: this.#flatOut ? undefined : this.#speed, paused: this.#steered.paused };
  }

  press(command: Command): void {
    switch (command) {
      case "pause":
        this.#steered.paused = !this.#steered.paused;
        break;
      case "faster":
        this.#goAt(this.#speed * 2);
        break;
      case "slower":
        this.#goAt(this.#speed / 2);
        break;
      case "flat out":
        this.#flatOut = !this.#flatOut;
        this.#apply();
        break;
      case "quit":
        this.#stop$.next();
        break;
    }
  }

  /** Learns from a picture of the run how long it will be. */
  watch(frame: Frame): void {
    const share = shareDone(this.#plan, frame);
    if (share === undefined || share === 0) return;
    this.#lengthSeconds = frame.atSeconds / share;
    if (!this.#adapts || this.#steered.paused) return;
    const elapsedSeconds = this.#wallSeconds() - this.#startSeconds;
    if (elapsedSeconds > adaptingSeconds) this.#adapts = false;
    else this.#speed = (this.#lengthSeconds - frame.atSeconds) / (watchedSeconds - elapsedSeconds);
    this.#apply();
  }

  #goAt(speed: number): void {
    this.#speed = speed;
    this.#flatOut = false;
    this.#adapts = false;
    this.#apply();
  }

  #apply(): void {
    this.#steered.speed = this.#flatOut ? this.#flatOutSpeed : this.#speed;
  }

  /** The whole run in a quarter of a second: more than a machine can do, and soon used up when the speed is taken back. */
  get #flatOutSpeed(): number {
    return Math.max(this.#speed, 4 * (this.#lengthSeconds ?? 1000));
  }
}
