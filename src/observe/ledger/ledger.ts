import type { Layout } from "../../bounds/layout.ts";
import type { BatchShape } from "../../bounds/step-time.ts";
import { ExactSum } from "../../core/sums.ts";
import { type LedgerTally, type Shortfall, shortfalls } from "./ledger-tally.ts";

/** The closed form of a step on a deployment: what the ledger measures each step by. */
export interface StepBound {
  /** Seconds of a microbatch's trip with experts as expected, spread evenly over ranks. */
  seconds(shape: BatchShape): number;
  /** The same with as many experts touched, over all layers and ranks, as were drawn; only where experts lie whole on ranks. */
  secondsIfEven?: ((shape: BatchShape, touchedExperts: number) => number) | undefined;
}

/** What the ledger has to know of a deployment. A lane is a microbatch of a replica and owns the time of one stage. */
export interface LedgerOptions {
  readonly replicas: number;
  readonly layout: Layout;
  readonly bound: StepBound;
  /** Most sequences of a replica by its policy; undefined where only the KV cache limits them. */
  readonly maxSequences: number | undefined;
  readonly kvCapacityTokens: number;
  /** Without it nobody knows which arrival is the last, and there is no drain. */
  readonly expectedRequests?: number | undefined;
}

/** What a second of an accelerator can be booked to; see docs/ledger.md. */
export const causes = [
  "usefulDecode",
  "arrivals",
  "policy",
  "kvCache",
  "idle",
  "unevenContexts",
  "prefill",
  "interference",
  "recompute",
  "swap",
  "padding",
  "drafting",
  "rejectedDrafts",
  "moeExcess",
  "busiestRank",
  "pipelineBubble",
  "warmUp",
  "drain",
] as const;
export type Cause = (typeof causes)[number];

/** Where the accelerators' time went over a run or a stretch of it. */
export interface Ledger {
  /** In accelerator-seconds; they sum to `acceleratorSeconds`. */
  readonly causes: Readonly<Record<Cause, number>>;
  /** The pipeline's bubble by the stage that microbatches waited for. */
  readonly bubbleByStage: readonly number[];
  readonly acceleratorSeconds: number;
  readonly outputTokens: number;
  /** What useful decode is measured at: a full batch of a replica, and the mean context of an output token. */
  readonly fullBatch: number;
  readonly contextTokens: number;
}

/** Draws up the ledger of a tally: decoding is held against the closed form at the tally's own mean context. */
export function ledgerOf(tally: LedgerTally, options: LedgerOptions): Ledger {
  const { pipelineStages, tensorRanks } = options.layout;
  const { counts, emittingBySize } = tally;
  const contextTokens = counts.places === 0 ? 0 : counts.contextTokens / counts.places;
  const bound = boundOf(tally, contextTokens, options);
  const full = fullSize(tally, contextTokens, options);
  const fullSeconds = bound.perSequence(full);
  const largest = Math.max(...shortfalls.map((shortfall) => emittingBySize[shortfall].length));
  const useful = new ExactSum();
  const decodeAtMean = new ExactSum();
  const prefillIfEven = new ExactSum();
  const below: Record<Shortfall, ExactSum> = byShortfall(() => new ExactSum());
  for (let size = 1; size < largest; size++) {
    const ofSize = shortfalls.filter((shortfall) => (emittingBySize[shortfall][size] ?? 0) > 0);
    if (ofSize.length === 0) continue;
    const seconds = bound.perSequence(size);
    for (const shortfall of ofSize) {
      const sequences = emittingBySize[shortfall][size]!;
      useful.add(sequences * fullSeconds);
      decodeAtMean.add(sequences * seconds);
      below[shortfall].add(sequences * (seconds - fullSeconds));
      prefillIfEven.add(sequences * (bound.perSequenceWithPrompts(size) - seconds));
    }
  }
  const of = (name: Parameters<LedgerTally["seconds"]>[0]) => tally.seconds(name);
  const bubbles = tally.bubbleSeconds;
  const seconds: Record<Cause, number> = {
    usefulDecode: useful.value,
    arrivals: below.arrivals.value,
    policy: below.policy.value + of("heldBack"),
    kvCache: below.kvCache.value,
    idle: of("idle"),
    unevenContexts: of("decode") - decodeAtMean.value,
    prefill: of("promptsAlone") + prefillIfEven.value,
    interference: of("promptsShared") - prefillIfEven.value,
    recompute: of("recompute"),
    swap: of("swap"),
    padding: of("padding"),
    drafting: of("drafting"),
    rejectedDrafts: of("rejectedDrafts"),
    moeExcess: of("moeExcess"),
    busiestRank: of("busiestRank"),
    pipelineBubble: bubbles.reduce((sum, bubble) => sum + bubble, 0),
    warmUp: below.warmUp.value + of("warmUp"),
    drain: below.drain.value + of("drain"),
  };
  return {
    causes: Object.fromEntries(causes.map((cause) => [cause, tensorRanks * seconds[cause]])) as Ledger["causes"],
    bubbleByStage: bubbles.map((bubble) => tensorRanks * bubble),
    acceleratorSeconds: tensorRanks * tally.bookedSeconds,
    outputTokens: counts.outputTokens,
    fullBatch: pipelineStages * full,
    contextTokens,
  };
}

function byShortfall<T>(of: () => T): Record<Shortfall, T> {
  return Object.fromEntries(shortfalls.map((shortfall) => [shortfall, of()])) as Record<Shortfall, T>;
}

/** Seconds of a step for each sequence of a batch of some size, all at the mean context; drafts emit as many tokens as on average. */
function boundOf({ counts }: LedgerTally, contextTokens: number, { bound }: LedgerOptions) {
  const each = (total: number) => (counts.emittingPlaces === 0 ? 0 : total / counts.emittingPlaces);
  const tokens = each(counts.outputTokens);
  const promptTokens = each(counts.sharedTokens);
  const promptPairs = each(counts.sharedPairs);
  const seconds = (size: number, moreTokens: number, morePairs: number) =>
    bound.seconds({
      tokens: size * (tokens + moreTokens),
      attentionPairs: size * (tokens * (contextTokens + (tokens - 1) / 2) + morePairs),
      kvTokensRead: size * contextTokens,
      sequences: size,
      outputs: size,
    }) / size;
  return {
    perSequence: (size: number) => seconds(size, 0, 0),
    /** With the prompts of shared steps spread evenly over all sequences that emit. */
    perSequenceWithPrompts: (size: number) => seconds(size, promptTokens, promptPairs),
  };
}

/** Sequences of a full microbatch: its even share of the cap, or as many as its share of the KV cache holds. */
function fullSize(
  { emittingBySize }: LedgerTally,
  contextTokens: number,
  { maxSequences, kvCapacityTokens, layout }: LedgerOptions,
): number {
  if (maxSequences !== undefined) return maxSequences / layout.pipelineStages;
  const largestSeen = Math.max(1, ...shortfalls.map((shortfall) => emittingBySize[shortfall].length - 1));
  return Math.max(largestSeen, kvCapacityTokens / layout.pipelineStages / Math.max(1, contextTokens));
}
