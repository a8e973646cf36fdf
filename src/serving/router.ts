import type { Random } from "../core/random.ts";
import type { RequestSpec, RequestView } from "./request.ts";

/** What a router may know of a request: not how long its output will be. */
export type RoutedRequest = RequestView & Pick<RequestSpec, "session" | "prefixHashes">;

/** What a router may know of a replica. */
export interface ReplicaLoad {
  /** Its place among all replicas of the system. */
  readonly index: number;
  /** Requests that were sent to it and have not left it: waiting, running, or on their way. */
  readonly requests: number;
  /** Tokens of these: their prompts, read or not, and what they have emitted. What they will emit nobody knows. */
  readonly tokens: number;
}

/** Chooses among replicas for one request after another, and may keep count of what it chose. */
export interface Router {
  /** The place in the list of the one to take a request; the list has at least one, in order of index. */
  choose(request: RoutedRequest, replicas: readonly ReplicaLoad[]): number;
}

/** Makes a router for one run, with random numbers of its own. */
export type RouterOf = (random: Random) => Router;

/** Nobody chooses: requests wait in one queue before all replicas. */
export const sharedQueue = "shared-queue";

/** How requests come to replicas. */
export type Routing = RouterOf | typeof sharedQueue;

/** The place of the least; of several the first. */
export function leastOf(replicas: readonly ReplicaLoad[], load: (replica: ReplicaLoad) => number): number {
  let least = 0;
  for (let place = 1; place < replicas.length; place++) {
    if (load(replicas[place]!) < load(replicas[least]!)) least = place;
  }
  return least;
}
