import type { RequestRecord } from "../serving/request.ts";

/**
 * Which request has waited longest for its first admission. Entering costs O(1), and so does leaving in order of arrival;
 * out of order it costs O(log waiting). A ring whose capacity is a power of two.
 */
export class OldestWaiting {
  /** In order of arrival, those that have left among them: their arrivals are NaN. */
  #ids = new Float64Array(16);
  #arrivalSeconds = new Float64Array(16);
  /** Requests are numbered on: the oldest that waits, and the next that will come. */
  #oldest = 0;
  #next = 0;
  /** How many of those between have left. */
  #left = 0;

  /** When the oldest came; NaN where none waits. */
  get sinceSeconds(): number {
    return this.#oldest < this.#next ? this.#arrivalSeconds[this.#placeOf(this.#oldest)]! : Number.NaN;
  }

  /** Requests that there is room for. */
  get places(): number {
    return this.#ids.length;
  }

  /** Ids grow from one to the next. */
  enter({ id, arrivalSeconds }: RequestRecord): void {
    if (this.#next - this.#oldest === this.#ids.length) this.#makeRoom();
    const place = this.#placeOf(this.#next++);
    this.#ids[place] = id;
    this.#arrivalSeconds[place] = arrivalSeconds;
  }

  /** Takes out a request; one that does not wait is none of its business. */
  leave({ id }: RequestRecord): void {
    if (this.#oldest === this.#next) return;
    if (this.#ids[this.#placeOf(this.#oldest)] === id) {
      this.#oldest++;
      if (this.#left > 0) this.#passLeft();
    } else {
      this.#markLeft(id);
    }
  }

  #placeOf(number: number): number {
    return number & (this.#ids.length - 1);
  }

  #hasLeft(number: number): boolean {
    return Number.isNaN(this.#arrivalSeconds[this.#placeOf(number)]);
  }

  #passLeft(): void {
    while (this.#left > 0 && this.#hasLeft(this.#oldest)) {
      this.#oldest++;
      this.#left--;
    }
  }

  #markLeft(id: number): void {
    let low = this.#oldest;
    let high = this.#next;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if (this.#ids[this.#placeOf(middle)]! < id) low = middle + 1;
      else high = middle;
    }
    if (low === this.#next || this.#ids[this.#placeOf(low)] !== id || this.#hasLeft(low)) return;
    this.#arrivalSeconds[this.#placeOf(low)] = Number.NaN;
    this.#left++;
  }

  /** Forgets those that have left, and doubles the ring where fewer than half have. */
  #makeRoom(): void {
    const waiting = this.#next - this.#oldest - this.#left;
    const capacity = this.#ids.length * (2 * waiting > this.#ids.length ? 2 : 1);
    const ids = new Float64Array(capacity);
    const arrivalSeconds = new Float64Array(capacity);
    let kept = 0;
    for (let number = this.#oldest; number < this.#next; number++) {
      if (this.#hasLeft(number)) continue;
      ids[kept] = this.#ids[this.#placeOf(number)]!;
      arrivalSeconds[kept++] = this.#arrivalSeconds[this.#placeOf(number)]!;
    }
    this.#ids = ids;
    this.#arrivalSeconds = arrivalSeconds;
    this.#oldest = 0;
    this.#next = kept;
    this.#left = 0;
  }
}
