import type { Request } from "./request.ts";

/**
 * Requests in order of arrival, as `WaitingQueue` says. A ring: requests come at the tail and return at the head, which
 * costs O(1) each and a move for each request that one comes or returns out of turn with, as from another microbatch.
 */
export class ArrivalQueue {
  #ring: (Request | undefined)[] = new Array(16);
  #head = 0;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  get oldestArrivalSeconds(): number {
    return this.at(0)?.arrivalSeconds ?? Number.NaN;
  }

  at(place: number): Request | undefined {
    return place < this.#length ? this.#ring[(this.#head + place) & (this.#ring.length - 1)] : undefined;
  }

  push(request: Request): void {
    this.#makeRoom();
    let place = this.#length++;
    for (; place > 0 && this.at(place - 1)!.id > request.id; place--) this.#put(place, this.at(place - 1)!);
    this.#put(place, request);
  }

  pushToHead(request: Request): void {
    this.#makeRoom();
    this.#head = (this.#head - 1) & (this.#ring.length - 1);
    const last = this.#length++;
    let place = 0;
    for (; place < last && this.at(place + 1)!.id < request.id; place++) this.#put(place, this.at(place + 1)!);
    this.#put(place, request);
  }

  shift(): Request | undefined {
    const request = this.at(0);
    if (request === undefined) return undefined;
    this.#ring[this.#head] = undefined;
    this.#head = (this.#head + 1) & (this.#ring.length - 1);
    this.#length--;
    return request;
  }

  #put(place: number, request: Request): void {
    this.#ring[(this.#head + place) & (this.#ring.length - 1)] = request;
  }

  #makeRoom(): void {
    if (this.#length < this.#ring.length) return;
    const ring = new Array<Request | undefined>(2 * this.#ring.length);
    for (let place = 0; place < this.#length; place++) ring[place] = this.at(place);
    this.#ring = ring;
    this.#head = 0;
  }
}
