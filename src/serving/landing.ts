import type { Advance } from "./events.ts";
import type { Flight } from "./flight.ts";
import type { Request } from "./request.ts";

const none: readonly never[] = [];

/** What the steps of a flight came to. */
export interface Landing {
  readonly advance: Advance;
  /** Requests that emitted their last token. */
  readonly ended: readonly Request[];
}

/** Applies the steps of a flight that have ended by an instant, and tells them. */
export function landed(flight: Flight, replica: number, endSeconds: number, staysTogether: boolean): Landing {
  const { microbatch, decodes, chunks, load, steps, run, startSeconds, limit } = flight;
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
  const freshSeconds = decodes ? microbatch.decode(steps, endSeconds) : none;
  const waited = chunks.length === 0 ? none : resumedAfter(flight, endSeconds);
  const prefilled = chunks.length === 0 ? none : microbatch.read(chunks, load, endSeconds);
  for (const request of prefilled) if (request.emittedTokens === 1) request.firstTokenSeconds = endSeconds;
  const kvTokens = microbatch.heldTokens;
  const { ended, releasedTokens } = microbatch.takeEnded(staysTogether);
  const pairsOf = (tokens: number, sequences: number) => steps * tokens + (sequences * steps * (steps - 1)) / 2;
  const paddingPairs = padding === 0 ? 0 : pairsOf(paddingTokens, padding);
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
      decodedTokens: steps * decoding,
      rejectedTokens: 0,
      prefilling: chunks.length,
      prefilled,
      resumedAfterSeconds: waited,
      prefillTokens: load.tokens,
      recomputedTokens: load.recomputedTokens,
      prefillPairs: load.pairs,
      decodePairs: pairsOf(contextTokens, size) - paddingPairs,
      paddingPairs,
      draftSeconds: 0,
      swapSeconds: 0,
      limit,
      kvTokenSeconds: microbatch.takeHeldTokenSeconds(stepTokenSeconds, endSeconds),
      run,
      kvTokensBefore,
      kvTokens,
      releasedTokens,
    },
    ended,
  };
}

/** How long those among the prefills that end had been cut off that had emitted before. */
function resumedAfter({ chunks }: Flight, atSeconds: number): readonly number[] {
  return chunks.flatMap(({ prefill: { request, doneTokens, targetTokens }, tokens }) =>
    doneTokens + tokens === targetTokens && request.emittedTokens > 0 ? [atSeconds - request.lastTokenSeconds] : [],
  );
}

/** A step that had not ended when the run did: it took time and held the cache, but emitted nothing. */
export function cutOff(flight: Flight, replica: number, startSeconds: number, nowSeconds: number): Advance {
  const { microbatch, decodes, chunks, load, run, limit } = flight;
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
    draftSeconds: 0,
    swapSeconds: 0,
    limit,
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
