import type { Clock } from "../kernel/simulated-time.ts";
import type { Backlog } from "./backlog.ts";
import type { ServingEvent } from "./events.ts";
import type { Evicted, Microbatch } from "./microbatch.ts";
import { goesBefore, type QueueOrder } from "./order.ts";
import type { Request } from "./request.ts";
import type { RunningSet, Sequence } from "./running-set.ts";
import { SwapSpace, type SwapSpaceOptions } from "./swap.ts";
import type { WaitingQueue } from "./waiting-queue.ts";

export interface PreempterOptions {
  readonly replica: number;
  readonly time: Clock;
  readonly order: QueueOrder;
  readonly waiting: WaitingQueue;
  readonly backlog: Backlog;
  readonly swap: SwapSpaceOptions | undefined;
  readonly publish: (event: ServingEvent) => void;
}

/**
 * Takes running requests back to the queue of one replica: for want of KV blocks, or for one that goes before them. Their
 * caches are dropped, and read anew later (recomputation), or moved to the host as long as it has room (swapping).
 */
export class Preempter {
  readonly #options: PreempterOptions;
  readonly #swap: SwapSpace<Request> | undefined;

  constructor(options: PreempterOptions) {
    this.#options = options;
    this.#swap = options.swap && new SwapSpace(options.swap);
  }

  /** Preempts until each of the others has room for its next token; returns how many. */
  makeRoom(microbatch: Microbatch): number {
    if (microbatch.freeBlocksAfterStep >= 0) return 0;
    // Padding is the first to go: nobody misses it.
    microbatch.releasePadding();
    let preempted = 0;
    for (; microbatch.freeBlocksAfterStep < 0; preempted++) this.#preempt(microbatch, this.#evicted(microbatch));
    return preempted;
  }

  /** Preempts the running sequence that goes last, if the request at the head goes before it; whether it does. */
  displace(microbatch: Microbatch): boolean {
    const { order, waiting } = this.#options;
    const next = waiting.at(0);
    const last = lastInOrder(microbatch.running, order);
    if (next === undefined || last === undefined) return false;
    const nextKey = order.key(next, next.emittedTokens);
    if (!goesBefore(nextKey, next.id, last.key, last.sequence.request.id)) return false;
    this.#preempt(microbatch, microbatch.evict(last.sequence));
    return true;
  }

  /** Moves the cache of a request that is about to be admitted back in, where it was moved out. */
  bringBack(request: Request, microbatch: Microbatch): void {
    if (this.#swap === undefined || request.preemptions === 0 || request.carriedTokens === 0) return;
    microbatch.swapSeconds += this.#swap.seconds(this.#swap.swapIn(request));
  }

  /** The sequence that goes last, in an order that displaces; in any other what was admitted last. */
  #evicted(microbatch: Microbatch): Evicted {
    const { order } = this.#options;
    const isReading = microbatch.prefills.length > 0;
    const last = order.preemptive && !isReading ? lastInOrder(microbatch.running, order) : undefined;
    return last === undefined ? microbatch.evictNewest() : microbatch.evict(last.sequence);
  }

  #preempt(microbatch: Microbatch, { request, droppedTokens, decoded }: Evicted): void {
    const { replica, time, waiting, backlog, publish } = this.#options;
    if (decoded && this.#swap?.hasRoomFor(droppedTokens)) {
      this.#swap.swapOut(request, droppedTokens);
      request.carriedTokens = droppedTokens;
      microbatch.swapSeconds += this.#swap.seconds(droppedTokens);
    }
    request.preemptions++;
    waiting.pushToHead(request);
    backlog.waiting++;
    backlog.joins++;
    publish({ kind: "preemption", atSeconds: time.nowSeconds, replica, request, droppedTokens });
  }
}

/** Of the running sequences that have not ended the one that an order puts last, with its key. */
function lastInOrder(running: RunningSet, order: QueueOrder): { sequence: Sequence; key: number } | undefined {
  let last: { sequence: Sequence; key: number } | undefined;
  for (const sequence of running.sequences()) {
    const { request, isPadding } = sequence;
    if (isPadding) continue;
    const key = order.key(request, request.emittedTokens + running.emittedSinceJoin(sequence));
    if (last === undefined || goesBefore(last.key, last.sequence.request.id, key, request.id)) last = { sequence, key };
  }
  return last;
}
