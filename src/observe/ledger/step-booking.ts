import type { StepExperts } from "../../bounds/moe/step-experts.ts";
import type { BatchShape } from "../../bounds/step-time.ts";
import type { Advance } from "../../serving/events.ts";
import type { StepBound } from "./ledger.ts";
import type { LedgerTally, Shortfall } from "./ledger-tally.ts";

/**
 * Books the seconds that some steps took in their lane, waits for stages left out. One thing after another is taken away
 * from a step: drafting and swaps, what was drawn of experts, rejected drafts, prompts, padding. What is left decodes.
 *
 * The last token of a prompt emits, so it counts as a decoding one that reads nothing from the cache; a prompt of one
 * token is no prompt at all.
 */
export function bookSteps(
  tally: LedgerTally,
  advance: Advance,
  seconds: number,
  shortfall: Shortfall,
  bound: StepBound,
): void {
  const { counts } = tally;
  const { decoding, padding, prefilled, steps } = advance;
  const emitted = prefilled.length;
  const emitting = steps * decoding + emitted;
  counts.outputTokens += advance.decodedTokens + emitted;
  counts.emittedTokens += advance.decodedTokens + emitted;
  counts.emittingPlaces += emitting;
  counts.places += emitting + steps * padding;
  counts.contextTokens += cachedTokensRead(advance);
  if (emitting > 0) tally.addEmitting(shortfall, decoding + padding + emitted, emitting);
  let rest = seconds;
  if (advance.draftSeconds + advance.swapSeconds > 0) rest -= bookDraftingAndSwaps(tally, advance);
  if (advance.run.step?.experts !== undefined)
    rest -= bookExperts(tally, advance, advance.run.step.experts, rest, bound);
  if (advance.rejectedTokens > 0) rest -= bookRejectedDrafts(tally, advance, bound);
  if (advance.prefillTokens > 0) rest -= bookPrompts(tally, advance, rest, bound);
  if (padding > 0) rest -= bookPadding(tally, advance, rest);
  tally.add("decode", rest);
}

function bookDraftingAndSwaps(tally: LedgerTally, { draftSeconds, swapSeconds }: Advance): number {
  tally.add("drafting", draftSeconds);
  tally.add("swap", swapSeconds);
  return draftSeconds + swapSeconds;
}

/** What the experts drawn cost above those expected, and of that what uneven ranks do. */
function bookExperts(
  tally: LedgerTally,
  advance: Advance,
  { touched }: StepExperts,
  seconds: number,
  { seconds: boundSeconds, secondsIfEven }: StepBound,
): number {
  const { steps } = advance;
  const shape = shapeOf(advance);
  const asExpected = steps * boundSeconds(shape);
  const ifEven = secondsIfEven === undefined ? seconds : steps * secondsIfEven(shape, touched);
  tally.add("busiestRank", seconds - ifEven);
  tally.add("moeExcess", ifEven - asExpected);
  return seconds - asExpected;
}

/** What the steps take longer than if they had verified no more than what was kept. */
function bookRejectedDrafts(tally: LedgerTally, advance: Advance, bound: StepBound): number {
  const { steps, rejectedTokens, decodedTokens, decodePairs } = advance;
  const all = shapeOf(advance);
  const rejectedPairs = (decodePairs * rejectedTokens) / (decodedTokens + rejectedTokens);
  const kept: BatchShape = {
    ...all,
    tokens: all.tokens - rejectedTokens / steps,
    attentionPairs: all.attentionPairs - rejectedPairs / steps,
  };
  const rejected = steps * (bound.seconds(all) - bound.seconds(kept));
  tally.add("rejectedDrafts", rejected);
  return rejected;
}

/** What a step takes longer than without any prompt tokens but those that emit. */
function bookPrompts(tally: LedgerTally, advance: Advance, seconds: number, bound: StepBound): number {
  const { decoding, padding, prefilled, prefillTokens, recomputedTokens } = advance;
  const size = decoding + padding + prefilled.length;
  const prompts = seconds - (size === 0 ? 0 : bound.seconds(withoutPrompts(advance, size)));
  const again = recomputedTokens / prefillTokens;
  if (again > 0) tally.add("recompute", prompts * again);
  tally.add(decoding > 0 ? "promptsShared" : "promptsAlone", prompts * (1 - again));
  if (decoding > 0) {
    tally.counts.sharedTokens += (prefillTokens - prefilled.length) * (1 - again);
    tally.counts.sharedPairs += advance.prefillPairs * (1 - again);
  }
  return prompts;
}

/** Padding pays for its places. */
function bookPadding(tally: LedgerTally, { decoding, padding, prefilled }: Advance, seconds: number): number {
  const share = (seconds * padding) / (decoding + padding + prefilled.length);
  tally.add("padding", share);
  return share;
}

/** Σ over steps and sequences, padding included; each reads its cache once, however many drafted tokens it verifies. */
function cachedTokensRead({
  decodePairs,
  paddingPairs,
  decoding,
  steps,
  decodedTokens,
  rejectedTokens,
}: Advance): number {
  const verified = decodedTokens + rejectedTokens;
  return verified === 0 ? paddingPairs : (decodePairs * steps * decoding) / verified + paddingPairs;
}

/** The mean step. */
function shapeOf(advance: Advance): BatchShape {
  const { steps, decoding, padding, prefilling } = advance;
  const places = decoding + padding + prefilling;
  return {
    tokens: (advance.decodedTokens + advance.rejectedTokens) / steps + padding + advance.prefillTokens,
    attentionPairs: (advance.decodePairs + advance.paddingPairs) / steps + advance.prefillPairs,
    kvTokensRead: cachedTokensRead(advance) / steps,
    sequences: places,
    outputs: places,
  };
}

/** Of a step that reads prompts, what would be left of it without all of their tokens but those that emit. */
function withoutPrompts(advance: Advance, size: number): BatchShape {
  const { decodedTokens, rejectedTokens, decodePairs, paddingPairs } = advance;
  const kept = rejectedTokens === 0 ? 1 : decodedTokens / (decodedTokens + rejectedTokens);
  return {
    tokens: decodedTokens + advance.padding + advance.prefilled.length,
    attentionPairs: kept * decodePairs + paddingPairs,
    kvTokensRead: cachedTokensRead(advance),
    sequences: size,
    outputs: size,
  };
}
