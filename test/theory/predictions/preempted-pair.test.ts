import fc from "fast-check";
import { expect, test } from "vitest";
import { isPreempted, preemptedPair } from "../../../src/theory/predictions/preempted-pair.ts";

/** Steps of two users' answers, counted one by one: mean round over an even number of rounds, once they have settled. */
function meanRound(outputTokens: number, cacheTokens: number): number {
  const done = [0, 0];
  let [step, lastEnd, older] = [0, 0, 0];
  const rounds: number[] = [];
  while (rounds.length < 60) {
    const newer = 1 - older;
    // In its next step an answer holds as many tokens as it will then have had steps.
    const both = done[older]! + 1 + done[newer]! + 1 <= cacheTokens;
    done[older]!++;
    if (both) done[newer]!++;
    step++;
    if (done[older] === outputTokens) {
      rounds.push(step - lastEnd);
      lastEnd = step;
      done[older] = 0;
      older = newer;
    }
  }
  return rounds.slice(-20).reduce((sum, steps) => sum + steps, 0) / 20;
}

test("rounds are those that are counted step by step", () => {
  const pairs = fc
    .record({ cacheTokens: fc.integer({ min: 3, max: 200 }), outputTokens: fc.integer({ min: 2, max: 200 }) })
    .filter(isPreempted);
  fc.assert(
    fc.property(pairs, ({ cacheTokens, outputTokens }) => {
      const { requestsPerSecond, tokensPerSecond, batch, queue, sojournSeconds } = preemptedPair({
        cacheTokens,
        outputTokens,
        stepSeconds: 0.5,
      });
      const round = meanRound(outputTokens, cacheTokens);
      expect(1 / requestsPerSecond).toBeCloseTo(0.5 * round, 9);
      expect(tokensPerSecond).toBeCloseTo(outputTokens / round / 0.5, 9);
      expect(batch).toBeCloseTo(outputTokens / round, 9);
      // Little's law: there are always two.
      expect(batch + queue).toBeCloseTo(2, 12);
      expect(requestsPerSecond * sojournSeconds).toBeCloseTo(2, 12);
    }),
  );
});

test("a cache for both, for not even one, or for short answers is none of it", () => {
  expect(isPreempted({ outputTokens: 25, cacheTokens: 30 })).toBe(true);
  expect(isPreempted({ outputTokens: 25, cacheTokens: 50 })).toBe(false);
  expect(isPreempted({ outputTokens: 31, cacheTokens: 30 })).toBe(false);
  expect(isPreempted({ outputTokens: 20, cacheTokens: 30 })).toBe(false);
});
