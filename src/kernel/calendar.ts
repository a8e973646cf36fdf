import { InvariantError } from "../core/errors.ts";

/** Something that happens when its instant comes. */
export interface Due {
  fire(): void;
}

/** The order of happenings at one instant: what ends, then what comes, then what starts, so that a start sees all of its instant. */
export const Rank = { completion: 0, arrival: 1, dispatch: 2 } as const;
export type Rank = (typeof Rank)[keyof typeof Rank];

/** Rank and sequence share one double: exact for 2^50 entries in each rank. */
const rankStride = 2 ** 50;

/**
 * The pending events in the total order (time, rank, sequence): a binary heap on parallel arrays.
 * Inserting and taking the next are O(log pending) and allocate nothing once the arrays have grown.
 */
export class Calendar {
  #times = new Float64Array(64);
  #orders = new Float64Array(64);
  #dues: Due[] = [];
  #sequence = 0;

  get pending(): number {
    return this.#dues.length;
  }

  /** The instant of the next event in seconds; `Infinity` when nothing is pending. */
  get nextSeconds(): number {
    return this.#dues.length === 0 ? Number.POSITIVE_INFINITY : this.#times[0]!;
  }

  insert(seconds: number, rank: Rank, due: Due): void {
    const dues = this.#dues;
    let hole = dues.length;
    if (hole === this.#times.length) this.#grow();
    const times = this.#times;
    const orders = this.#orders;
    const order = rank * rankStride + this.#sequence++;
    dues.push(due);
    while (hole > 0) {
      const parent = (hole - 1) >> 1;
      const parentSeconds = times[parent]!;
      if (parentSeconds < seconds || (parentSeconds === seconds && orders[parent]! < order)) break;
      times[hole] = parentSeconds;
      orders[hole] = orders[parent]!;
      dues[hole] = dues[parent]!;
      hole = parent;
    }
    times[hole] = seconds;
    orders[hole] = order;
    dues[hole] = due;
  }

  /** Takes the next event out. Throws `InvariantError` when nothing is pending. */
  take(): Due {
    const dues = this.#dues;
    const first = dues[0];
    const last = dues.pop();
    if (first === undefined || last === undefined) throw new InvariantError("took from an empty calendar");
    if (dues.length > 0) this.#sink(last, dues.length);
    return first;
  }

  /** Takes out all that is pending of some happenings; O(pending · log pending). */
  withdraw(isWithdrawn: (due: Due) => boolean): void {
    const kept = this.#dues.flatMap((due, place) =>
      isWithdrawn(due) ? [] : [{ due, seconds: this.#times[place]!, order: this.#orders[place]! }],
    );
    // What is sorted is a heap.
    kept.sort((a, b) => a.seconds - b.seconds || a.order - b.order);
    this.#dues = kept.map(({ due }) => due);
    kept.forEach(({ seconds, order }, place) => {
      this.#times[place] = seconds;
      this.#orders[place] = order;
    });
  }

  /** Moves the entry that stood last down from the root to its place among `size` entries. */
  #sink(due: Due, size: number): void {
    const times = this.#times;
    const orders = this.#orders;
    const dues = this.#dues;
    const seconds = times[size]!;
    const order = orders[size]!;
    let hole = 0;
    for (let child = 1; child < size; child = 2 * hole + 1) {
      const right = child + 1;
      if (
        right < size &&
        (times[right]! < times[child]! || (times[right] === times[child] && orders[right]! < orders[child]!))
      ) {
        child = right;
      }
      if (seconds < times[child]! || (seconds === times[child] && order < orders[child]!)) break;
      times[hole] = times[child]!;
      orders[hole] = orders[child]!;
      dues[hole] = dues[child]!;
      hole = child;
    }
    times[hole] = seconds;
    orders[hole] = order;
    dues[hole] = due;
  }

  #grow(): void {
    const times = new Float64Array(2 * this.#times.length);
    const orders = new Float64Array(2 * this.#orders.length);
    times.set(this.#times);
    orders.set(this.#orders);
    this.#times = times;
    this.#orders = orders;
  }
}
