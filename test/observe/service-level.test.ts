import { describe, expect, test } from "vitest";
import { isLate, meets } from "../../src/observe/service-level.ts";
import { request } from "./events.ts";

describe("a finished request", () => {
  // TTFT 1 s, TPOT 0.5 s, E2E 3 s.
  const served = request(0, { arrivalSeconds: 1, outputTokens: 5, firstTokenSeconds: 2, finishSeconds: 4 });

  test.each([
    ["no target", {}, true],
    ["targets that it just meets", { ttftSeconds: 1, tpotSeconds: 0.5, e2eSeconds: 3 }, true],
    ["too short a TTFT", { ttftSeconds: 0.99, tpotSeconds: 0.5, e2eSeconds: 3 }, false],
    ["too short a TPOT", { ttftSeconds: 1, tpotSeconds: 0.49, e2eSeconds: 3 }, false],
    ["too short an E2E", { ttftSeconds: 1, tpotSeconds: 0.5, e2eSeconds: 2.99 }, false],
  ])("meets or misses %s", (_, slo, isMet) => {
    expect(meets(slo, served)).toBe(isMet);
  });

  test("of one token has no TPOT to miss", () => {
    const one = request(0, { outputTokens: 1, firstTokenSeconds: 2, finishSeconds: 2 });
    expect(meets({ tpotSeconds: 1e-9 }, one)).toBe(true);
  });
});

describe("an unfinished request", () => {
  const waiting = request(0, { arrivalSeconds: 1, outputTokens: 5 });
  const decoding = request(0, { arrivalSeconds: 1, outputTokens: 5, firstTokenSeconds: 2 });

  test("is late once its first token is overdue", () => {
    expect([3, 3.01].map((now) => isLate({ ttftSeconds: 2 }, waiting, now))).toEqual([false, true]);
    expect([3, 99].map((now) => isLate({ ttftSeconds: 2 }, decoding, now))).toEqual([false, false]);
    expect(isLate({ ttftSeconds: 0.9 }, decoding, 3)).toBe(true);
  });

  test("is late once its last token is overdue, by E2E or by TPOT", () => {
    expect([4, 4.01].map((now) => isLate({ e2eSeconds: 3 }, decoding, now))).toEqual([false, true]);
    expect([4, 4.01].map((now) => isLate({ tpotSeconds: 0.5 }, decoding, now))).toEqual([false, true]);
  });

  test("is not late by a TPOT before its first token", () => {
    expect(isLate({ tpotSeconds: 1e-9 }, waiting, 1000)).toBe(false);
  });
});
