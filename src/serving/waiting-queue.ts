import { ArrivalQueue } from "./arrival-queue.ts";
import type { QueueOrder } from "./order.ts";
import { OrderedQueue } from "./ordered-queue.ts";
import { firstComeFirstServed } from "./orders/fcfs.ts";
import type { Request } from "./request.ts";

/** Requests that wait, in the order in which they are to be served. */
export interface WaitingQueue {
  readonly length: number;
  /** When the request that has waited longest arrived, wherever it stands; NaN when none waits. */
  readonly oldestArrivalSeconds: number;
  /** The request at a place counted from the head, undefined past the end; cheap for the first few hundred places. */
  at(place: number): Request | undefined;
  /** Takes a newcomer in, at its place in the order. */
  push(request: Request): void;
  /** Takes back one that was preempted, at its place in the order: near the head where that is the order of arrival. */
  pushToHead(request: Request): void;
  /** Takes the request at the head out. */
  shift(): Request | undefined;
}

/** An empty queue under an order. First come first served has a queue of its own, which is faster. */
export function waitingQueue(order: QueueOrder): WaitingQueue {
  return order === firstComeFirstServed ? new ArrivalQueue() : new OrderedQueue(order);
}
