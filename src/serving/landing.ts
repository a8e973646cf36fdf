import type { Advance } from "./events.ts";
import type { Flight } from "./flight.ts";
import { nothingVerified } from "./microbatch.ts";
import type { Request } from "./request.ts";

const none: readonly never[] = [];

/** What the steps of a flight came to. */
export interface Landing {
  readonly advance: Advance;
  /** Requests that emitted their last token. */
  readonly ended: readonly Request[];
  /** Requests whose prompts were read here and whose outputs are decoded elsewhere. */
  readonly handedOff: readonly Request[];
}

/** What becomes of the sequences of a batch. */
export interface Leaving {
  /** Those that have ended stay until all have. */
  readonly together: boolean;
  /** Those whose prompts have been read go on elsewhere. */
  readonly handsOff: boolean;
}

/** Applies the steps of a flight that have ended by an instant, and tells them. */
export function landed(flight: Flight, replica: number, endSeconds: number, leaving: Leaving): Landing {
  const { microbatch, decodes, chunks, load, steps, run, startSeconds, draftSeconds, swapSeconds, limit } = flight;
  const { running } = microbatch;
  const size = decodes ? running.size : 0;
  const padding = decodes ? running.padding : 0;
  const decoding = size - padding;
  const contextTokens = decodes ? running.contextTokens : 0;
  const paddingTokens = decodes ? running.paddingTokens : 0;
  const kvTokensBefore = microbatch.heldTokens;
  const sinceSeconds = decoding > 0 ? microbatch.lastTokenSeconds : startSeconds;
  const stepTokenSeconds =
    (kvTokensBefore + size + load.tokens) * (endSeconds - startSeconds) +
    size * (run.indexSeconds(steps) - run.stageWaitSeconds(0, steps));
  const freshSeconds = decodes ? microbatch.freshSeconds : none;
  const { acceptedTokens, rejectedTokens } = decodes ? microbatch.decode(steps, endSeconds) : nothingVerified;
  const waited = chunks.length === 0 ? none : resumedAfter(flight, endSeconds);
  const prefilled = chunks.length === 0 ? none : microbatch.read(chunks, load, endSeconds);
  for (const request of prefilled) if (request.emittedTokens === 1) request.firstTokenSeconds = endSeconds;
  const kvTokens = microbatch.heldTokens;
  const handedOff = leaving.handsOff ? microbatch.handOff(endSeconds) : none;
  const handedOffTokens = kvTokens - microbatch.heldTokens;
  const { ended, releasedTokens } = microbatch.takeEnded(leaving.together);
  const paddingPairs = padding === 0 ? 0 : pairsOf(steps, paddingTokens, padding);
  return {
    advance: {
      kind: "advance",
      replica,
      microbatch: microbatch.index,
      sinceSeconds,
      freshSeconds,
      startSeconds,
      atSeconds: endSeconds,
      steps,
      decoding,
      padding,
      decodedTokens: steps * decoding + acceptedTokens,
      rejectedTokens,
      prefilling: chunks.length,
      prefilled,
      resumedAfterSeconds: waited,
      prefillTokens: load.tokens,
      recomputedTokens: load.recomputedTokens,
      prefillPairs: load.pairs,
      decodePairs: pairsOf(steps, contextTokens, size) - paddingPairs,
      paddingPairs,
      draftSeconds,
      swapSeconds,
      limit,
      kvSinceSeconds: kvTokensBefore > 0 ? Math.min(microbatch.toldSeconds, startSeconds) : startSeconds,
      kvTokenSeconds: microbatch.takeHeldTokenSeconds(stepTokenSeconds, endSeconds),
      run,
      kvTokensBefore,
      kvTokens,
      releasedTokens: releasedTokens + handedOffTokens,
    },
    ended,
    handedOff,
  };
}

/** Σ over so many steps of the cached tokens that sequences read which had so many together before. */
function pairsOf(steps: number, tokens: number, sequences: number): number {
  return steps * tokens + (sequences * steps * (steps - 1)) / 2;
}

/** How long those among the prefills that end had been cut off that had emitted before. */
function resumedAfter({ chunks }: Flight, atSeconds: number): readonly number[] {
  let gaps: number[] | undefined;
  for (const { prefill, tokens } of chunks) {
    const { request, doneTokens, targetTokens } = prefill;
    if (request.emittedTokens === 0 || doneTokens + tokens < targetTokens) continue;
    gaps ??= [];
    gaps.push(atSeconds - request.lastTokenSeconds);
  }
  return gaps ?? none;
}

/** A step that had not ended when the run did: it took time and held the cache, but emitted nothing. */
export function cutOff(flight: Flight, replica: number, startSeconds: number, nowSeconds: number): Advance {
  const { microbatch, decodes, chunks, load, run, draftSeconds, swapSeconds, limit } = flight;
  const { running, heldTokens } = microbatch;
  const size = decodes ? running.size : 0;
  const padding = decodes ? running.padding : 0;
  return {
    kind: "advance",
    replica,
    microbatch: microbatch.index,
    sinceSeconds: size > padding ? microbatch.lastTokenSeconds : startSeconds,
    freshSeconds: none,
    startSeconds,
    atSeconds: nowSeconds,
    steps: 0,
    decoding: size - padding,
    padding,
    decodedTokens: 0,
    rejectedTokens: 0,
    prefilling: chunks.length,
    prefilled: none,
    resumedAfterSeconds: none,
    prefillTokens: 0,
    recomputedTokens: 0,
    prefillPairs: 0,
    decodePairs: 0,
    paddingPairs: 0,
    // Caches are moved first, then drafts are made.
    swapSeconds: Math.min(swapSeconds, nowSeconds - startSeconds),
    draftSeconds: Math.min(draftSeconds, Math.max(0, nowSeconds - startSeconds - swapSeconds)),
    limit,
    kvSinceSeconds: heldTokens > 0 ? Math.min(microbatch.toldSeconds, startSeconds) : startSeconds,
    kvTokenSeconds: microbatch.takeHeldTokenSeconds(
      (heldTokens + size + load.tokens) * (nowSeconds - startSeconds),
      nowSeconds,
    ),
    run,
    kvTokensBefore: heldTokens,
    kvTokens: heldTokens,
    releasedTokens: 0,
  };
}
