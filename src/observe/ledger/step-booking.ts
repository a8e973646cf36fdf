import type { StepExperts } from "../../bounds/moe/step-experts.ts";
import type { BatchShape } from "../../bounds/step-time.ts";
import type { Advance } from "../../serving/events.ts";
import type { StepBound } from "./ledger.ts";
import type { LedgerTally } from "./ledger-tally.ts";

/**
 * Books the seconds that some steps took in their lane, waits for stages left out. One thing after another is taken away
 * from a step: drafting and swaps, what was drawn of experts, rejected drafts, prompts, padding. What is left decodes.
 *
 * The last token of a prompt emits, so it counts as a decoding one that reads nothing from the cache; a prompt of one
 * token is no prompt at all.
 */
export function bookSteps(tally: LedgerTally, advance: Advance, seconds: number, bound: StepBound): void {
  const { counts } = tally;
  const { decoding, padding, prefilled, decodedTokens, steps } = advance;
  const emitted = prefilled.length;
  counts.outputTokens += decodedTokens + emitted;
  counts.emittingPlaces += steps * decoding + emitted;
  counts.places += steps * (decoding + padding) + emitted;
  counts.contextTokens += advance.decodePairs + advance.paddingPairs;
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
  const shape = shapeOf(advance, verifiedTokens(advance), advance.prefillTokens);
  const asExpected = steps * boundSeconds(shape);
  const ifEven = secondsIfEven === undefined ? seconds : steps * secondsIfEven(shape, touched);
  tally.add("busiestRank", seconds - ifEven);
  tally.add("moeExcess", ifEven - asExpected);
  return seconds - asExpected;
}

/** What the steps take longer than if they had verified no more than what was kept. */
function bookRejectedDrafts(tally: LedgerTally, advance: Advance, bound: StepBound): number {
  const { steps, prefillTokens } = advance;
  const all = shapeOf(advance, verifiedTokens(advance), prefillTokens);
  const kept = shapeOf(advance, keptTokens(advance), prefillTokens);
  const rejected = steps * (bound.seconds(all) - bound.seconds(kept));
  tally.add("rejectedDrafts", rejected);
  return rejected;
}

/** What a step takes longer than without any prompt tokens but those that emit. */
function bookPrompts(tally: LedgerTally, advance: Advance, seconds: number, bound: StepBound): number {
  const { decoding, padding, prefilled, prefillTokens, recomputedTokens } = advance;
  const emitsNothing = decoding + padding + prefilled.length === 0;
  const without = emitsNothing ? 0 : bound.seconds(shapeOf(advance, keptTokens(advance), prefilled.length));
  const prompts = seconds - without;
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

/** Tokens that each decoding sequence verifies in a step, its drafts and its own; and those of them that it keeps on average. */
function verifiedTokens({ decodedTokens, rejectedTokens, steps, decoding }: Advance): number {
  return decoding === 0 ? 1 : (decodedTokens + rejectedTokens) / (steps * decoding);
}
function keptTokens({ decodedTokens, steps, decoding }: Advance): number {
  return decoding === 0 ? 1 : decodedTokens / (steps * decoding);
}

/**
 * The mean step, were so many tokens computed for each place, each of which attends to its cache and to those before it, and
 * so many prompt tokens: all of them, or no more than those that emit.
 */
function shapeOf(advance: Advance, tokensEach: number, promptTokens: number): BatchShape {
  const { steps, decoding, padding, prefilling, prefilled } = advance;
  const places = decoding + padding;
  const cachedTokens = (advance.decodePairs + advance.paddingPairs) / steps;
  const isWhole = promptTokens === advance.prefillTokens;
  const sequences = places + (isWhole ? prefilling : prefilled.length);
  return {
    tokens: places * tokensEach + promptTokens,
    attentionPairs:
      tokensEach * (cachedTokens + (places * (tokensEach - 1)) / 2) + (isWhole ? advance.prefillPairs : 0),
    kvTokensRead: cachedTokens,
    sequences,
    outputs: sequences,
  };
}
