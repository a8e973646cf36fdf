import { type Due, Rank } from "../kernel/calendar.ts";
import type { SimulatedTime } from "../kernel/simulated-time.ts";
import type { QueueOrder } from "./order.ts";
import { type WaitingQueue, waitingQueue } from "./waiting-queue.ts";

/** A replica as the queue before it knows it. */
export interface QueueMember {
  /** What waits has changed; `headChanged`: and there may be another request at the head. */
  notice(headChanged: boolean): void;
  /** Starts what can start now. */
  dispatch(): void;
}

/**
 * One queue before several replicas: whichever has room takes the head. Of those that may start at one instant the first
 * by index does so first.
 */
export class CentralQueue implements Due {
  readonly waiting: WaitingQueue;
  readonly #time: SimulatedTime;
  readonly #members: QueueMember[] = [];
  readonly #ready: boolean[] = [];
  #bookedSeconds = Number.NaN;

  constructor(time: SimulatedTime, order: QueueOrder) {
    this.#time = time;
    this.waiting = waitingQueue(order);
  }

  /** Adds a replica, whose index is how many were added before. */
  join(member: QueueMember): void {
    this.#members.push(member);
    this.#ready.push(false);
  }

  /** A request has come to its place in the queue. */
  grown(headChanged: boolean): void {
    for (const member of this.#members) member.notice(headChanged);
  }

  /** A replica took requests from the head, or gave some back. */
  headChanged(by: QueueMember): void {
    if (this.waiting.length === 0) return;
    for (const member of this.#members) if (member !== by) member.notice(true);
  }

  /** A replica may start something at this instant. */
  ready(member: QueueMember): void {
    this.#ready[this.#members.indexOf(member)] = true;
    if (this.#bookedSeconds === this.#time.nowSeconds) return;
    this.#bookedSeconds = this.#time.nowSeconds;
    this.#time.at(this.#bookedSeconds, Rank.dispatch, this);
  }

  fire(): void {
    this.#bookedSeconds = Number.NaN;
    this.#members.forEach((member, index) => {
      if (!this.#ready[index]) return;
      this.#ready[index] = false;
      member.dispatch();
    });
  }
}
