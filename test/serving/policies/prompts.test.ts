import { describe, expect, test } from "vitest";
import type { Advance, ServingEvent } from "../../../src/serving/events.ts";
import { type Job, requestsOf, serve, smallStepTime } from "../harness.ts";

const advances = (events: readonly ServingEvent[]) =>
  events.filter((event): event is Advance => event.kind === "advance");

/** One long decode, and a prompt that comes in the middle of it. */
const jobs: readonly Job[] = [
  { arrivalSeconds: 0, promptTokens: 100, outputTokens: 400 },
  { arrivalSeconds: 0.5, promptTokens: 5_000, outputTokens: 20 },
];

/** The longest time between two tokens of the first request. */
function longestGap(events: readonly ServingEvent[]): number {
  let longest = 0;
  for (const { decoding, steps, run, startSeconds, sinceSeconds } of advances(events)) {
    if (decoding === 0) continue;
    const waited = startSeconds - sinceSeconds;
    let first = true;
    run.eachStretch(steps, (seconds, growth, count) => {
      const most = Math.max(seconds, seconds + growth * (count - 1));
      longest = Math.max(longest, first ? seconds + waited : 0, most);
      first = false;
    });
  }
  return longest;
}

describe("prefill-first", () => {
  test("reads prompts in steps of their own while running sequences wait", async () => {
    const events = await serve({ jobs, policy: { name: "prefill-first" } });
    for (const { decoding, prefilling } of advances(events)) expect(decoding === 0 || prefilling === 0).toBe(true);
    const prompt = smallStepTime().time({
      tokens: 5_000,
      attentionPairs: (5_000 * 4_999) / 2,
      kvTokensRead: 0,
      sequences: 1,
      outputs: 1,
    });
    expect(longestGap(events)).toBeGreaterThan(prompt.tripSeconds);
  });

  test("bounds the prompts of a step, unless one alone is longer", async () => {
    const burst = [300, 300, 900, 200].map((promptTokens) => ({ arrivalSeconds: 0, promptTokens, outputTokens: 2 }));
    const events = await serve({ jobs: burst, policy: { name: "prefill-first", maxPrefillTokens: 650 } });
    const read = advances(events).filter(({ prefilling }) => prefilling > 0);
    expect(read.map(({ prefillTokens }) => prefillTokens)).toEqual([600, 900, 200]);
  });

  test("a sequence that joined while others waited counts its first wait from its own first token", async () => {
    const late = [
      { arrivalSeconds: 0, promptTokens: 100, outputTokens: 5 },
      { arrivalSeconds: 0.001, promptTokens: 700, outputTokens: 5 },
    ];
    const events = await serve({ jobs: late, policy: { name: "prefill-first" } });
    const together = advances(events).find(({ decoding }) => decoding === 2)!;
    const [first, second] = requestsOf(events);
    expect(together.sinceSeconds).toBe(first!.firstTokenSeconds);
    expect(together.freshSeconds).toEqual([second!.firstTokenSeconds]);
  });
});

describe("chunked prefill", () => {
  const tokenBudget = 256;
  const policy = { name: "chunked-prefill", tokenBudget };

  test("never lets a step have more tokens than its budget, decoding sequences first", async () => {
    const crowd = Array.from({ length: 40 }, (_, index) => ({
      arrivalSeconds: index * 0.01,
      promptTokens: 50 + 37 * (index % 11),
      outputTokens: 5 + index,
    }));
    const events = await serve({ jobs: crowd, policy });
    expect(advances(events).some(({ prefilling, prefilled }) => prefilling > prefilled.length)).toBe(true);
    for (const { decoding, prefillTokens } of advances(events)) {
      expect(decoding + prefillTokens).toBeLessThanOrEqual(Math.max(tokenBudget, decoding));
    }
  });

  test("bounds the longest ITL by its budget's step, which prefill-first does not", async () => {
    const chunked = await serve({ jobs, policy });
    const greatestContext = 5_100 + 420;
    const budgets = smallStepTime().time({
      tokens: tokenBudget,
      attentionPairs: tokenBudget * greatestContext,
      kvTokensRead: greatestContext,
      sequences: 2,
      outputs: 2,
    });
    expect(longestGap(chunked)).toBeLessThanOrEqual(budgets.tripSeconds);
    expect(longestGap(await serve({ jobs, policy: { name: "prefill-first" } }))).toBeGreaterThan(budgets.tripSeconds);
  });

  test("reads every prompt token once, in pieces that attend to all before them", async () => {
    const events = advances(await serve({ jobs, policy }));
    const sum = (of: (event: Advance) => number) => events.reduce((total, event) => total + of(event), 0);
    expect(sum(({ prefillTokens }) => prefillTokens)).toBe(5_100);
    expect(sum(({ prefillPairs }) => prefillPairs)).toBe((100 * 99) / 2 + (5_000 * 4_999) / 2);
    expect(sum(({ recomputedTokens }) => recomputedTokens)).toBe(0);
  });

  test("with a budget that holds every prompt is continuous batching", async () => {
    const finishes = async (name: Readonly<Record<string, unknown>>) =>
      requestsOf(await serve({ jobs, policy: name })).map(({ finishSeconds }) => finishSeconds);
    expect(await finishes({ name: "chunked-prefill", tokenBudget: 1e6 })).toEqual(
      await finishes({ name: "continuous" }),
    );
  });
});
