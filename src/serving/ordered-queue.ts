import FlatQueue from "flatqueue";
import { InvariantError } from "../core/errors.ts";
import { SortedList } from "../core/sorted-list.ts";
import { goesBefore, type QueueOrder } from "./order.ts";
import type { Request } from "./request.ts";

/** A request that waits, with the key that it has until it is taken out. */
interface Waiting {
  readonly key: number;
  readonly id: number;
  readonly request: Request;
  waits: boolean;
}

/** Requests under the keys of an order, as `WaitingQueue` says: coming, returning and leaving cost O(log waiting). */
export class OrderedQueue {
  readonly #order: QueueOrder;
  readonly #byKey = new SortedList<Waiting>((one, other) => goesBefore(one.key, one.id, other.key, other.id));
  /** By id; those that have been taken out go when they come to the head. */
  readonly #byArrival = new FlatQueue<Waiting>();

  constructor(order: QueueOrder) {
    this.#order = order;
  }

  get length(): number {
    return this.#byKey.length;
  }

  get oldestArrivalSeconds(): number {
    while (this.#byArrival.peek()?.waits === false) this.#byArrival.pop();
    return this.#byArrival.peek()?.request.arrivalSeconds ?? Number.NaN;
  }

  at(place: number): Request | undefined {
    return this.#byKey.at(place)?.request;
  }

  push(request: Request): void {
    const key = this.#order.key(request, request.emittedTokens);
    if (Number.isNaN(key)) throw new InvariantError(`request ${request.id} has no place in the order of its queue`);
    const waiting = { key, id: request.id, request, waits: true };
    this.#byKey.add(waiting);
    this.#byArrival.push(waiting, waiting.id);
    this.#dropTaken();
  }

  pushToHead(request: Request): void {
    this.push(request);
  }

  shift(): Request | undefined {
    const first = this.#byKey.shift();
    if (first === undefined) return undefined;
    first.waits = false;
    return first.request;
  }

  /** Those taken out are kept until they outnumber those that wait, so that dropping them costs O(log waiting) on average. */
  #dropTaken(): void {
    if (this.#byArrival.length <= 32 + 2 * this.length) return;
    const left = this.#byArrival.ids.slice(0, this.#byArrival.length).filter(({ waits }) => waits);
    this.#byArrival.clear();
    for (const waiting of left) this.#byArrival.push(waiting, waiting.id);
  }
}
