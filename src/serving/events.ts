import type { StepRun } from "../bounds/step-run.ts";
import type { RequestRecord } from "./request.ts";
import type { StageUse } from "./stage-use.ts";

/** A request came. */
export interface Arrival {
  readonly kind: "arrival";
  readonly atSeconds: number;
  readonly request: RequestRecord;
  /** Requests that wait now, at all replicas together; those whose KV caches are on their way wait for them. */
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
  readonly replica: number;
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
  /** Tokens of theirs that would have to be read, had the KV cache not held them already. */
  readonly cachedTokens: number;
  /** Requests that wait now, at all replicas together; those whose KV caches are on their way wait for them. */
  readonly waiting: number;
}

/**
 * Why a microbatch is not larger: nothing else waited, what waits does not fit into its KV cache, or its policy left it
 * waiting.
 */
export type BatchLimit = "arrivals" | "kv-cache" | "policy";

/**
 * One or more steps of an unchanging microbatch have ended; the sums are over them all. Steps that go round a pipeline are
 * told when their microbatch turns to something else, which may be a little later than `atSeconds`, or the run is over.
 */
export interface Advance {
  readonly kind: "advance";
  readonly replica: number;
  readonly microbatch: number;
  /** When its running sequences had their last token, or the step began if none ran. */
  readonly sinceSeconds: number;
  /** Last tokens of those of its sequences that had them later than the others. */
  readonly freshSeconds: readonly number[];
  readonly startSeconds: number;
  readonly atSeconds: number;
  readonly steps: number;
  /** Sequences that got a token in each step, or more where drafts are verified. */
  readonly decoding: number;
  /** Sequences of a batch that stays together whose output has ended: computed like the others, for nothing. */
  readonly padding: number;
  /** Tokens that the decoding sequences emitted: `steps · decoding`, but for drafts and where the run was cut off. */
  readonly decodedTokens: number;
  /** Drafted tokens that were verified in vain. */
  readonly rejectedTokens: number;
  /** Requests of whose prompts some was read, in the one step there then is. */
  readonly prefilling: number;
  /** Those of them whose prefill ended, unless the run was cut off. */
  readonly prefilled: readonly RequestRecord[];
  /** Requests among those that emitted before, and the time since their last token. */
  readonly resumedAfterSeconds: readonly number[];
  readonly prefillTokens: number;
  /** Of those, tokens that an earlier prefill or decode had already computed. */
  readonly recomputedTokens: number;
  /** Σ attention pairs of prefill, of decode, and of padding. */
  readonly prefillPairs: number;
  readonly decodePairs: number;
  readonly paddingPairs: number;
  /** Of the steps' time, what drafting took, and what moving KV caches out and in took. */
  readonly draftSeconds: number;
  readonly swapSeconds: number;
  readonly limit: BatchLimit;
  /** ∫ KV tokens held · dt since the end of the microbatch's last advance, or since the steps began where it held none before. */
  readonly kvTokenSeconds: number;
  readonly kvSinceSeconds: number;
  /** What the steps took; to be read while the event is published, since later runs are told by the same object. */
  readonly run: StepRun;
  /** KV tokens of the batch as the steps began and as they ended, and those of them that are given back or set out now. */
  readonly kvTokensBefore: number;
  readonly kvTokens: number;
  readonly releasedTokens: number;
}

/** A request emitted its last token. */
export interface Finish {
  readonly kind: "finish";
  readonly atSeconds: number;
  readonly replica: number;
  readonly request: RequestRecord;
}

/** A prompt was read whose output is decoded elsewhere: its request runs no longer, and its KV cache sets out. */
export interface HandOff {
  readonly kind: "handoff";
  readonly atSeconds: number;
  /** That read the prompt, and keeps the cache until it has arrived. */
  readonly replica: number;
  readonly request: RequestRecord;
  readonly kvTokens: number;
  /** Requests that wait now, at all replicas together, this one for its cache. */
  readonly waiting: number;
}

/** A KV cache has arrived: its request waits for room at a replica that decodes. */
export interface Delivery {
  readonly kind: "delivery";
  readonly atSeconds: number;
  /** Where it came from, and where it is; undefined where several replicas share the queue that it waits in. */
  readonly from: number;
  readonly replica: number | undefined;
  readonly request: RequestRecord;
  readonly kvTokens: number;
  /** Since it set out: how long it waited for the link, and how long it was on it. */
  readonly queuedSeconds: number;
  readonly sentSeconds: number;
}

/** The run is over; what was under way is cut off here. */
export interface End {
  readonly kind: "end";
  readonly atSeconds: number;
  /** By replica and stage. */
  readonly stages: readonly (readonly StageUse[])[];
}

export type ServingEvent = Arrival | Rejection | Preemption | Dispatch | Advance | HandOff | Delivery | Finish | End;
