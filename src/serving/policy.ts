import type { RequestView } from "./request.ts";

/** What a policy sees of a replica as one of its microbatches is about to start a step. */
export interface ReplicaView {
  readonly nowSeconds: number;
  /** Requests that wait, in order of arrival, those that were preempted first. */
  readonly waiting: { readonly length: number; at(place: number): RequestView | undefined };
  /** Microbatches that the replica keeps in flight: its pipeline stages. */
  readonly microbatches: number;
  /** Decoding sequences of all microbatches. */
  readonly runningSequences: number;
  /** The microbatch that is about to start. */
  readonly microbatch: {
    readonly index: number;
    /** Its decoding sequences. */
    readonly sequences: number;
    /** KV blocks left to it once each of its sequences has what its next token needs. */
    readonly freeKvBlocks: number;
  };
  /** KV blocks that a request's prefill fills. */
  kvBlocksFor(request: RequestView): number;
}

/**
 * How long a plan stays right while nothing but decoding happens, and so how far the replica may leap: `step`: ask again
 * at each step (always right); `until-arrival`: until a request arrives or a sequence ends; `until-departure`: until a
 * sequence ends, whatever arrives.
 */
export type Hold = "step" | "until-arrival" | "until-departure";

/** What the next step of a microbatch is made of. */
export interface BatchPlan {
  /** How many requests at the head of the queue start: each one's whole prompt runs in this step. */
  readonly admit: number;
  readonly hold: Hold;
}

/** Decides, from views alone, what joins a batch; the replica applies the plan and checks it. */
export type BatchingPolicy = (replica: ReplicaView) => BatchPlan;
