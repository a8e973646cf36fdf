import type { RequestView } from "./request.ts";

/** What waits, in the order in which it is to start. */
export interface WaitingView {
  readonly length: number;
  /** The request at a place counted from the head, undefined past the end. */
  at(place: number): RequestView | undefined;
  /** When the request that has waited longest arrived; NaN when none waits. */
  readonly oldestArrivalSeconds: number;
}

/** What a policy sees of a replica as one of its microbatches is about to start a step. */
export interface ReplicaView {
  readonly nowSeconds: number;
  readonly waiting: WaitingView;
  /** Microbatches that the replica keeps in flight: its pipeline stages. */
  readonly microbatches: number;
  /** Admitted requests of all microbatches. */
  readonly runningSequences: number;
  /** The microbatch that is about to start. */
  readonly microbatch: {
    readonly index: number;
    /** Its sequences that decode, with those that have ended but stay (`release: "together"`). */
    readonly sequences: number;
    /** Its requests whose prompts have not been read to the end, and the tokens left to read. */
    readonly prefilling: number;
    readonly prefillTokensLeft: number;
    /** KV blocks that admission may take, once each of its sequences has what its next token needs. */
    readonly freeKvBlocks: number;
  };
  /** KV blocks that a request takes as it is admitted. */
  kvBlocksFor(request: RequestView): number;
  /**
   * Tokens that have to be read before the request decodes: its prompt and, after a preemption, its output so far; none of
   * one whose KV cache comes with it.
   */
  prefillTokensFor(request: RequestView): number;
}

/**
 * How long a plan stays right while nothing but decoding happens, and so how far the replica may leap: `step`: ask again
 * at each step (always right); `until-arrival`: until a request joins the queue and waits there, or a sequence of the
 * microbatch ends; `until-departure`: until a sequence of the microbatch ends, whatever arrives. A change of the queue's head
 * ends either, the latter only if the head had no room in the KV cache: another microbatch or replica took it from a queue
 * that they share, or a newcomer goes before it. What others do beside that must not matter.
 */
export type Hold = "step" | "until-arrival" | "until-departure";

/** What the next step of a microbatch is made of. */
export interface BatchPlan {
  /** How many requests at the head of the queue start. */
  readonly admit: number;
  /**
   * Prompt tokens that the step reads at most, of the requests admitted earlier first; `Infinity`, as where left out, reads
   * them all to their end.
   */
  readonly promptTokens?: number;
  /** Whether the sequences that decode take part, or wait; they do where left out. */
  readonly decode?: boolean;
  /** `step` where left out. */
  readonly hold?: Hold;
  /** Where nothing is to start although something waits: ask again at this instant, if nothing happens before. */
  readonly againSeconds?: number;
}

/** Decides, from views alone, what joins a batch; the replica applies the plan and checks it. */
export interface BatchingPolicy {
  /**
   * `each`, as where left out: a sequence leaves as it ends. `together`: its slot stays in the batch, computed for nothing,
   * until all sequences of the batch have ended.
   */
  readonly release?: "each" | "together";
  plan(replica: ReplicaView): BatchPlan;
}
