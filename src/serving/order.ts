import type { RandomStreams } from "../core/random.ts";
import type { Predictor } from "./predictor.ts";
import type { RequestView } from "./request.ts";

/**
 * The order in which waiting requests are served: by ascending key, and of equal keys the request that arrived first, so
 * that an order that gives all the same key is first come first served.
 *
 * A request keeps its key while it waits: a key is made of what is fixed then, never of the time. What grows with the wait
 * at the same pace for all, such as age, leaves their order as it was and so needs no place in a key.
 */
export interface QueueOrder {
  /**
   * Whether a waiting request may take the place of a running one. If so, then while the request at the head finds no place
   * or no KV blocks at a step boundary, and goes before that of the running sequences which goes last, the latter is
   * preempted and returns to the queue. Running sequences change by emitting tokens only, and their keys never grow by it:
   * so what is not displaced at one boundary is not at a later one, unless another request arrives.
   */
  readonly preemptive: boolean;
  /** What foretells output lengths for it: to be asked once for each request, as it arrives. */
  readonly predictor?: Predictor;
  /**
   * The key of a request that has emitted so many tokens: `request.emittedTokens` while it waits, more while it runs.
   * Smaller is sooner; it never grows with `emittedTokens`; infinite keys are allowed.
   */
  key(request: RequestView, emittedTokens: number): number;
}

/** Makes an order, with streams for what in it is random. What it learns it shares with all queues that it is given to. */
export type OrderMaker = (streams: RandomStreams) => QueueOrder;

/** Whether a request goes before another, by their keys and ids. */
export function goesBefore(key: number, id: number, otherKey: number, otherId: number): boolean {
  return key < otherKey || (key === otherKey && id < otherId);
}
