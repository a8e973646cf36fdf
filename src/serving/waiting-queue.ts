import type { Request } from "./request.ts";

/** Requests in order of arrival; one that was preempted returns to the head. A ring: both ends cost O(1). */
export class WaitingQueue {
  #ring: (Request | undefined)[] = new Array(16);
  #head = 0;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** When the request that has waited longest arrived; NaN when none waits. */
  get oldestArrivalSeconds(): number {
    return this.at(0)?.arrivalSeconds ?? Number.NaN;
  }

  /** The request at a place counted from the head, undefined past the end. */
  at(place: number): Request | undefined {
    return place < this.#length ? this.#ring[(this.#head + place) & (this.#ring.length - 1)] : undefined;
  }

  push(request: Request): void {
    this.#makeRoom();
    this.#ring[(this.#head + this.#length) & (this.#ring.length - 1)] = request;
    this.#length++;
  }

  pushToHead(request: Request): void {
    this.#makeRoom();
    this.#head = (this.#head - 1) & (this.#ring.length - 1);
    this.#ring[this.#head] = request;
    this.#length++;
  }

  /** Takes the request at the head out. */
  shift(): Request | undefined {
    const request = this.at(0);
    if (request === undefined) return undefined;
    this.#ring[this.#head] = undefined;
    this.#head = (this.#head + 1) & (this.#ring.length - 1);
    this.#length--;
    return request;
  }

  #makeRoom(): void {
    if (this.#length < this.#ring.length) return;
    const ring = new Array<Request | undefined>(2 * this.#ring.length);
    for (let place = 0; place < this.#length; place++) ring[place] = this.at(place);
    this.#ring = ring;
    this.#head = 0;
  }
}
