import { describe, expect, test } from "vitest";
import { expectedTokens } from "../../src/bounds/speculative.ts";
import { randomStreams } from "../../src/core/random.ts";
import { type Drafting, drafting } from "../../src/serving/drafting.ts";
import type { Advance } from "../../src/serving/events.ts";
import { requestsOf, serve, smallStepTime } from "./harness.ts";

const draftsOf = (acceptance: number, draftTokens = 4, seed = 1): Drafting =>
  drafting(smallStepTime(), draftTokens, acceptance, randomStreams(seed)("drafts"));

const jobs = Array.from({ length: 50 }, (_, index) => ({
  arrivalSeconds: index * 0.02,
  promptTokens: 20 + index,
  outputTokens: 1 + ((index * 37) % 90),
}));

describe("drafts", () => {
  test.each([0, 0.3, 0.8])(
    "are accepted as often as a chain of guesses is right (acceptance %d; 99.9 %, 200,000 draws)",
    (acceptance) => {
      const draws = 200_000;
      const drafts = draftsOf(acceptance);
      let sum = 0;
      let squares = 0;
      for (let draw = 0; draw < draws; draw++) {
        const tokens = 1 + drafts.accepted();
        sum += tokens;
        squares += tokens * tokens;
      }
      const mean = sum / draws;
      const halfWidth = 3.2905 * Math.sqrt((squares / draws - mean * mean) / draws);
      expect(Math.abs(mean - expectedTokens(acceptance, 4))).toBeLessThanOrEqual(halfWidth);
    },
  );

  test("leave every request its own tokens, and count each draft as used or in vain", async () => {
    const events = await serve({ jobs, drafting: draftsOf(0.7), maxSequences: 8 });
    for (const { emittedTokens, outputTokens } of requestsOf(events)) expect(emittedTokens).toBe(outputTokens);
    const advances = events.filter((event): event is Advance => event.kind === "advance");
    for (const { decoding, decodedTokens, rejectedTokens } of advances) {
      expect(decodedTokens + rejectedTokens).toBe(5 * decoding);
    }
    const emitted = advances.reduce((sum, { decodedTokens, prefilled }) => sum + decodedTokens + prefilled.length, 0);
    expect(emitted).toBe(jobs.reduce((sum, { outputTokens }) => sum + outputTokens, 0));
  });

  test("keep to the KV cache under pressure, each sequence with room for a whole draft", async () => {
    for (const kvBlockTokens of [1, 7, 16]) {
      const events = await serve({ jobs, drafting: draftsOf(0.7), kvCapacityTokens: 320, kvBlockTokens });
      expect(events.some(({ kind }) => kind === "preemption")).toBe(true);
      const served = requestsOf(events).filter(({ finishSeconds }) => !Number.isNaN(finishSeconds));
      expect(served.length).toBe(jobs.length);
    }
  });

  test("step as the verifying pass and the drafting take", async () => {
    const [event] = (
      await serve({ jobs: [{ arrivalSeconds: 0, promptTokens: 40, outputTokens: 100 }], drafting: draftsOf(0) })
    )
      .filter((one): one is Advance => one.kind === "advance")
      .slice(1);
    const verify = { tokens: 5, attentionPairs: 5 * 40 + 10, kvTokensRead: 40, sequences: 1, outputs: 1 };
    const guess = { tokens: 1, attentionPairs: 40, kvTokensRead: 40, sequences: 1, outputs: 1 };
    const stepTime = smallStepTime();
    const draftSeconds = 4 * stepTime.time(guess).tripSeconds;
    expect(event!.draftSeconds).toBeCloseTo(draftSeconds, 15);
    expect(event!.atSeconds - event!.startSeconds).toBeCloseTo(stepTime.time(verify).tripSeconds + draftSeconds, 12);
    expect(event!.decodedTokens).toBe(1);
  });
});
