import { type Bubbles, Delay } from "./bubbles.ts";
import type { StageUse } from "./stage-use.ts";
import type { Trip } from "./trip.ts";

/** What is kept of one stage, in seconds. */
class StageAccount {
  computeSeconds = 0;
  exchangeSeconds = 0;
  /** Until when it is accounted for. */
  untilSeconds = 0;
  readonly bubbles: { -readonly [Cause in keyof Bubbles]: number } = {
    fill: 0,
    hop: 0,
    unevenStages: 0,
    unevenMicrobatches: 0,
    tooFewMicrobatches: 0,
    drain: 0,
  };

  /** Books a delay, or a share of it. */
  add(delay: Delay, share: number): void {
    this.bubbles.hop += share * delay.hop;
    this.bubbles.unevenStages += share * delay.unevenStages;
    this.bubbles.unevenMicrobatches += share * delay.unevenMicrobatches;
    this.bubbles.tooFewMicrobatches += share * delay.tooFewMicrobatches;
  }
}

/** Accounts for the time of each stage while its replica has work: computing, or idle for one cause or another. */
export class StageBooks {
  readonly #weights: readonly number[];
  readonly #heaviest: number;
  readonly #accounts: readonly StageAccount[];
  /** Whether the replica has work, and whether a trip has been booked since. */
  #hasWork = false;
  #isFilling = false;
  /** Trips that have been entered but not booked, and what the first stage has computed or will for all entered. */
  #underWay = 0;
  #enteredSeconds = 0;
  /** Of the trip booked last. */
  #lastHopSeconds = 0;
  /** How late the trip that is being booked is, at one stage after the other. */
  readonly #delay = new Delay();

  constructor(weights: readonly number[]) {
    this.#weights = weights;
    this.#heaviest = Math.max(...weights);
    this.#accounts = weights.map(() => new StageAccount());
  }

  begin(nowSeconds: number): void {
    if (this.#hasWork) return;
    this.#hasWork = true;
    this.#isFilling = true;
    for (const account of this.#accounts) account.untilSeconds = nowSeconds;
  }

  rest(nowSeconds: number): void {
    if (!this.#hasWork) return;
    this.#hasWork = false;
    const last = this.#accounts.length - 1;
    this.#accounts.forEach((account, stage) => {
      const idleSeconds = nowSeconds - account.untilSeconds;
      account.bubbles[this.#isFilling ? "fill" : "drain"] += idleSeconds;
      if (stage < last && !this.#isFilling) account.exchangeSeconds += Math.min(idleSeconds, this.#lastHopSeconds);
    });
  }

  /** A trip is about to begin, its fields still those of the one before; the first stage has stood idle for so long. */
  enter(trip: Trip, nowSeconds: number, stageSeconds: number, idleSeconds: number): void {
    this.#underWay++;
    if (idleSeconds > 0) this.#explain(trip, nowSeconds, idleSeconds);
    trip.computedBeforeSeconds = this.#enteredSeconds;
    this.#enteredSeconds += this.#weights[0]! * stageSeconds;
  }

  /** Books a trip, up to an instant; trips are booked in the order in which they entered. */
  book(trip: Trip, untilSeconds: number): void {
    const delay = this.#delay;
    const last = this.#accounts.length - 1;
    let idleBefore = 0;
    delay.copy(trip.delay);
    for (let stage = 0; stage <= last; stage++) {
      const account = this.#accounts[stage]!;
      const start = trip.startSeconds[stage]!;
      const startSeconds = Math.min(start, untilSeconds);
      const endSeconds = Math.min(start + this.#weights[stage]! * trip.stageSeconds, untilSeconds);
      const idle = start - account.untilSeconds;
      if (idle > 0) {
        const idleSeconds = startSeconds - account.untilSeconds;
        const sendSeconds = stage < last && !this.#isFilling ? this.#lastHopSeconds : 0;
        account.exchangeSeconds += Math.min(idleSeconds, (stage > 0 ? trip.hopSeconds : 0) + sendSeconds);
        if (this.#isFilling) account.bubbles.fill += idleSeconds;
        else {
          if (stage > 0) this.#carry(trip, stage, idle, idleBefore);
          account.add(delay, idleSeconds / idle);
        }
      }
      account.computeSeconds += endSeconds - startSeconds;
      account.untilSeconds = endSeconds;
      idleBefore = idle;
    }
    this.#isFilling = false;
    this.#underWay--;
    this.#lastHopSeconds = trip.hopSeconds;
  }

  get use(): readonly StageUse[] {
    return this.#accounts.map(({ computeSeconds, exchangeSeconds, bubbles }) => ({
      computeSeconds,
      busySeconds: computeSeconds + exchangeSeconds,
      bubbles: { ...bubbles },
    }));
  }

  /** Why the first stage had to stand idle before a trip. */
  #explain(trip: Trip, nowSeconds: number, idleSeconds: number): void {
    const { delay, stageSeconds, hopSeconds } = trip;
    delay.hop = delay.unevenStages = delay.unevenMicrobatches = delay.tooFewMicrobatches = 0;
    const comesStraightBack = nowSeconds === trip.exitSeconds;
    if (!comesStraightBack) {
      delay.tooFewMicrobatches = idleSeconds;
      return;
    }
    const stages = this.#weights.length;
    const computedSeconds = this.#enteredSeconds - trip.computedBeforeSeconds;
    const idleOfRound = nowSeconds - trip.startSeconds[0]! - computedSeconds;
    const byHops = Math.min(idleOfRound, (stages - 1) * hopSeconds);
    const rest = idleOfRound - byHops;
    delay.hop = byHops;
    if (this.#underWay < stages) delay.tooFewMicrobatches = rest;
    else {
      delay.unevenStages = Math.min(rest, stages * (this.#heaviest - this.#weights[0]!) * stageSeconds);
      delay.unevenMicrobatches = rest - delay.unevenStages;
    }
    delay.scale(idleSeconds / idleOfRound);
  }

  /** A trip comes to a stage that stood idle: with the delay that it had at the stage before, and what it lost there. */
  #carry({ stageSeconds }: Trip, stage: number, idleSeconds: number, idleBeforeSeconds: number): void {
    const delay = this.#delay;
    const broughtSeconds = Math.max(0, Math.min(idleSeconds, idleBeforeSeconds));
    const lostSeconds = idleSeconds - broughtSeconds;
    const lighter = Math.max(0, this.#weights[stage - 1]! - this.#weights[stage]!);
    const lostByStages = Math.min(lostSeconds, lighter * stageSeconds);
    delay.scale(broughtSeconds > 0 ? broughtSeconds / idleBeforeSeconds : 0);
    delay.unevenStages += lostByStages;
    delay.unevenMicrobatches += lostSeconds - lostByStages;
  }
}
