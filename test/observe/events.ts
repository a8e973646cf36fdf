import { from } from "rxjs";
import type { StepRun } from "../../src/bounds/step-run.ts";
import type { Advance, ServingEvent } from "../../src/serving/events.ts";
import type { RequestRecord } from "../../src/serving/request.ts";

/** A request as an observer sees it, with what a test does not care about left at its start. */
export function request(id: number, facts: Partial<RequestRecord> = {}): RequestRecord {
  return {
    id,
    arrivalSeconds: 0,
    promptTokens: 1,
    outputTokens: 1,
    priority: 0,
    predictedOutputTokens: Number.NaN,
    emittedTokens: 0,
    preemptions: 0,
    carriedTokens: 0,
    admittedSeconds: Number.NaN,
    firstTokenSeconds: Number.NaN,
    lastTokenSeconds: Number.NaN,
    finishSeconds: Number.NaN,
    ...facts,
  };
}

export const noBubbles = {
  fill: 0,
  hop: 0,
  unevenStages: 0,
  unevenMicrobatches: 0,
  tooFewMicrobatches: 0,
  drain: 0,
};

/** Steps whose durations are given one by one. */
export function stepsOf(...durations: readonly number[]): StepRun {
  const first = (steps: number) => durations.slice(0, steps);
  const sum = (values: readonly number[]) => values.reduce((all, value) => all + value, 0);
  return {
    seconds: (steps) => sum(first(steps)),
    computeSeconds: (steps) => sum(first(steps)),
    memorySeconds: () => 0,
    firstStageSeconds: (steps) => sum(first(steps)),
    stageWaitSeconds: () => 0,
    indexSeconds: (steps) => sum(first(steps).map((seconds, index) => index * seconds)),
    eachStretch: (steps, visit) => {
      for (const seconds of first(steps)) visit(seconds, 0, 1);
    },
  };
}

/** Steps whose durations lie on one straight line, told as such. */
export function lineOf(firstSeconds: number, growthSeconds: number, steps: number): StepRun {
  const durations = Array.from({ length: steps }, (_, index) => firstSeconds + index * growthSeconds);
  return { ...stepsOf(...durations), eachStretch: (count, visit) => visit(firstSeconds, growthSeconds, count) };
}

/** An advance from one instant to another, of steps that fill the time unless said otherwise. */
export function advance(sinceSeconds: number, atSeconds: number, facts: Partial<Advance> = {}): Advance {
  return {
    kind: "advance",
    replica: 0,
    microbatch: 0,
    sinceSeconds,
    freshSeconds: [],
    startSeconds: sinceSeconds,
    atSeconds,
    steps: 1,
    decoding: 0,
    padding: 0,
    decodedTokens: (facts.steps ?? 1) * (facts.decoding ?? 0),
    rejectedTokens: 0,
    prefilling: facts.prefilled?.length ?? 0,
    prefilled: [],
    resumedAfterSeconds: [],
    prefillTokens: 0,
    recomputedTokens: 0,
    prefillPairs: 0,
    decodePairs: 0,
    paddingPairs: 0,
    draftSeconds: 0,
    swapSeconds: 0,
    limit: "arrivals",
    kvTokenSeconds: 0,
    kvSinceSeconds: sinceSeconds,
    run: stepsOf(atSeconds - (facts.startSeconds ?? sinceSeconds)),
    kvTokensBefore: 0,
    kvTokens: 0,
    releasedTokens: 0,
    ...facts,
  };
}

export const arrival = (atSeconds: number, id: number, waiting: number, facts: Partial<RequestRecord> = {}) =>
  ({
    kind: "arrival",
    atSeconds,
    request: request(id, { arrivalSeconds: atSeconds, ...facts }),
    waiting,
  }) satisfies ServingEvent;

export const dispatch = (atSeconds: number, admitted: readonly RequestRecord[], waiting: number) =>
  ({
    kind: "dispatch",
    atSeconds,
    replica: 0,
    microbatch: 0,
    admitted,
    cachedTokens: 0,
    waiting,
  }) satisfies ServingEvent;

export const finish = (atSeconds: number, id: number, facts: Partial<RequestRecord> = {}) =>
  ({
    kind: "finish",
    atSeconds,
    replica: 0,
    request: request(id, { finishSeconds: atSeconds, ...facts }),
  }) satisfies ServingEvent;

export const rejection = (atSeconds: number, id: number, facts: Partial<RequestRecord> = {}) =>
  ({
    kind: "rejection",
    atSeconds,
    request: request(id, { arrivalSeconds: atSeconds, ...facts }),
    reason: "needs too much",
  }) satisfies ServingEvent;

export const end = (atSeconds: number) => ({ kind: "end", atSeconds, stages: [] }) satisfies ServingEvent;

export const stream = (...events: readonly ServingEvent[]) => from(events);

/**
 * Three requests on one replica. Requests 0 (prompt 10, output 3) and 1 (20, 2) come at 1 s and are prefilled together
 * from 1 to 2 s; request 2 (30, 1) comes at 2.5 s and waits until the two have decoded from 2 to 3 s, request 1 to its
 * end; from 3 to 5 s it is prefilled beside request 0's last token. A fourth that can never fit is turned away at 4 s.
 */
export function threeRequests(): ServingEvent[] {
  const zero = request(0, { arrivalSeconds: 1, promptTokens: 10, outputTokens: 3, firstTokenSeconds: 2 });
  const one = request(1, { arrivalSeconds: 1, promptTokens: 20, outputTokens: 2, firstTokenSeconds: 2 });
  const two = request(2, { arrivalSeconds: 2.5, promptTokens: 30, outputTokens: 1, firstTokenSeconds: 5 });
  return [
    { kind: "arrival", atSeconds: 1, request: zero, waiting: 1 },
    { kind: "arrival", atSeconds: 1, request: one, waiting: 2 },
    dispatch(1, [zero, one], 0),
    advance(1, 2, {
      prefilled: [zero, one],
      prefillTokens: 30,
      prefillPairs: 45 + 190,
      kvTokenSeconds: 30,
      kvTokensBefore: 0,
      kvTokens: 30,
    }),
    { kind: "arrival", atSeconds: 2.5, request: two, waiting: 1 },
    advance(2, 3, {
      decoding: 2,
      decodePairs: 30,
      kvTokenSeconds: 32,
      kvTokensBefore: 30,
      kvTokens: 32,
      releasedTokens: 21,
    }),
    { kind: "finish", atSeconds: 3, replica: 0, request: { ...one, finishSeconds: 3 } },
    dispatch(3, [two], 0),
    { kind: "rejection", atSeconds: 4, request: request(3, { arrivalSeconds: 4 }), reason: "needs too much" },
    advance(3, 5, {
      decoding: 1,
      decodePairs: 11,
      prefilled: [two],
      prefillTokens: 30,
      prefillPairs: 435,
      kvTokenSeconds: 2 * 42,
      kvTokensBefore: 11,
      kvTokens: 42,
      releasedTokens: 42,
    }),
    { kind: "finish", atSeconds: 5, replica: 0, request: { ...zero, finishSeconds: 5 } },
    { kind: "finish", atSeconds: 5, replica: 0, request: { ...two, finishSeconds: 5 } },
    { kind: "end", atSeconds: 6, stages: [[{ computeSeconds: 4, busySeconds: 4, bubbles: noBubbles }]] },
  ];
}
