import type { StepRun } from "../bounds/step-run.ts";
import type { StageUse } from "./pipeline.ts";
import type { RequestRecord } from "./request.ts";

/** A request came. */
export interface Arrival {
  readonly kind: "arrival";
  readonly atSeconds: number;
  readonly request: RequestRecord;
  /** Requests that wait now. */
  readonly waiting: number;
}

/** A request was turned away. */
export interface Rejection {
  readonly kind: "rejection";
  readonly atSeconds: number;
  readonly request: RequestRecord;
  readonly reason: string;
}

/** A running sequence lost its KV cache and went back to the head of the queue. */
export interface Preemption {
  readonly kind: "preemption";
  readonly atSeconds: number;
  readonly request: RequestRecord;
  /** Cached tokens that were dropped. */
  readonly droppedTokens: number;
}

/** A microbatch started with other sequences than it had: its queue and batch are new. */
export interface Dispatch {
  readonly kind: "dispatch";
  readonly atSeconds: number;
  readonly replica: number;
  readonly microbatch: number;
  readonly admitted: readonly RequestRecord[];
  readonly waiting: number;
}

/** One or more steps of an unchanging microbatch have ended; the sums are over them all. */
export interface Advance {
  readonly kind: "advance";
  readonly replica: number;
  readonly microbatch: number;
  /** When its running sequences had their last token, or the step began if none ran. */
  readonly sinceSeconds: number;
  readonly startSeconds: number;
  readonly atSeconds: number;
  readonly steps: number;
  /** Sequences that got one token in each step. */
  readonly decoding: number;
  /** Requests whose prefill was in the batch, in the one step there then is. */
  readonly prefilling: number;
  /** Those of them whose prefill ended: all, unless the run was cut off. */
  readonly prefilled: readonly RequestRecord[];
  /** Requests among those that emitted before, and the time since their last token. */
  readonly resumedAfterSeconds: readonly number[];
  readonly prefillTokens: number;
  /** Of those, tokens that an earlier prefill or decode had already computed. */
  readonly recomputedTokens: number;
  /** Σ attention pairs of prefill and of decode. */
  readonly prefillPairs: number;
  readonly decodePairs: number;
  /** ∫ KV tokens held · dt since `sinceSeconds`. */
  readonly kvTokenSeconds: number;
  /** What the steps took; to be read while the event is published, since later runs are told by the same object. */
  readonly run: StepRun;
  /** KV tokens held as the steps began and as they ended, before those that end now leave. */
  readonly kvTokensBefore: number;
  readonly kvTokens: number;
}

/** A request emitted its last token. */
export interface Finish {
  readonly kind: "finish";
  readonly atSeconds: number;
  readonly request: RequestRecord;
}

/** The run is over; what was under way is cut off here. */
export interface End {
  readonly kind: "end";
  readonly atSeconds: number;
  /** By replica and stage. */
  readonly stages: readonly (readonly StageUse[])[];
}

export type ServingEvent = Arrival | Rejection | Preemption | Dispatch | Advance | Finish | End;
