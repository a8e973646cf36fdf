import { describe, expect, test } from "vitest";
import { InvariantError } from "../../../src/core/errors.ts";
import type { ServingEvent } from "../../../src/serving/events.ts";
import { advance, arrival, dispatch, end, finish, request } from "../events.ts";
import { booked, causesOf, staged, withExperts } from "./ledgers.ts";

/** One request and its end, so that warm-up is over by its instant. */
const warm = (atSeconds: number): ServingEvent[] => [
  dispatch(0, [request(0)], 0),
  advance(0, atSeconds, { prefilled: [request(0)], prefillTokens: 1 }),
  finish(atSeconds, 0),
];

describe("a step that decodes", () => {
  test("is useful where its batch is full", async () => {
    // Four sequences, no context: 2 + 4/2 seconds.
    expect(causesOf(await booked([advance(0, 4, { decoding: 4 }), end(4)]))).toEqual({ usefulDecode: 4 });
  });

  test.each([
    ["policy", { policy: 1.5 }],
    ["kv-cache", { kvCache: 1.5 }],
  ] as const)("below its cap books what a full batch would share to %s", async (limit, cause) => {
    // One sequence takes 2.5 s; in a full batch it would take 1 s.
    const ledger = await booked([advance(0, 2.5, { decoding: 1, limit }), end(2.5)]);
    expect(causesOf(ledger)).toEqual({ usefulDecode: 1, ...cause });
  });

  test("below its cap for want of arrivals books that to warm-up until as many have finished as run, then to arrivals", async () => {
    const ledger = await booked([
      dispatch(0, [request(0), request(1)], 0),
      advance(0, 3, { decoding: 2 }),
      finish(3, 0),
      advance(3, 5.5, { decoding: 1 }),
      end(5.5),
    ]);
    // Two sequences take 3 s in place of 2; then one takes 2.5 s in place of 1.
    expect(causesOf(ledger)).toEqual({ usefulDecode: 3, warmUp: 1, arrivals: 1.5 });
  });

  test("that leaves out some of what its batch holds is below its cap for its policy", async () => {
    const ledger = await booked([
      dispatch(0, [request(0), request(1)], 0),
      advance(0, 2.5, { prefilled: [request(0)], prefillTokens: 1 }),
      end(2.5),
    ]);
    expect(causesOf(ledger)).toEqual({ usefulDecode: 1, policy: 1.5 });
  });

  test("is drain once the last request has come", async () => {
    const events = [arrival(0, 0, 1), dispatch(0, [request(0)], 0), advance(0, 2.5, { decoding: 1 }), end(2.5)];
    expect(causesOf(await booked(events, { expectedRequests: 1 }))).toEqual({ usefulDecode: 1, drain: 1.5 });
    expect(causesOf(await booked(events, { expectedRequests: 2 }))).toEqual({ usefulDecode: 1, warmUp: 1.5 });
  });

  test("is held against the closed form at the mean context of all steps", async () => {
    // Contexts of 100 and 300 tokens: 4 + 4 and 4 + 12 seconds, 12 at the mean of 200; a closed form with a bend at 200.
    const bend = ({ tokens, kvTokensRead }: { tokens: number; kvTokensRead: number }) =>
      2 + tokens / 2 + Math.max(kvTokensRead, 800) / 100;
    const ledger = await booked(
      [advance(0, 12, { decoding: 4, decodePairs: 400 }), advance(12, 28, { decoding: 4, decodePairs: 1200 }), end(28)],
      { bound: { seconds: bend } },
    );
    expect(ledger.contextTokens).toBe(200);
    expect(causesOf(ledger)).toEqual({ usefulDecode: 24, unevenContexts: 4 });
  });

  test("without a cap on sequences is full where the KV cache is", async () => {
    const options = { maxSequences: undefined, kvCapacityTokens: 400 };
    const ledger = await booked(
      [advance(0, 3.5, { decoding: 1, decodePairs: 100, limit: "policy" }), end(3.5)],
      options,
    );
    // Four sequences of 100 tokens fit: 2 + 2 + 4 seconds for the four.
    expect(ledger.fullBatch).toBe(4);
    expect(causesOf(ledger)).toEqual({ usefulDecode: 2, policy: 1.5 });
  });
});

describe("prompts", () => {
  test("of one token are no prompts", async () => {
    const prefilled = [0, 1, 2, 3].map((id) => request(id));
    const ledger = await booked([advance(0, 4, { prefilled, prefillTokens: 4 }), end(4)]);
    expect(causesOf(ledger)).toEqual({ usefulDecode: 4 });
    expect(ledger.outputTokens).toBe(4);
  });

  test("in steps of their own cost what they add to the token that each emits", async () => {
    // Forty prompt tokens of four requests: 2 + 20 seconds, of which 4 are the four tokens that are emitted.
    const prefilled = [0, 1, 2, 3].map((id) => request(id, { promptTokens: 10 }));
    const ledger = await booked([advance(0, 22, { prefilled, prefillTokens: 40, prefillPairs: 180 }), end(22)]);
    expect(causesOf(ledger)).toEqual({ usefulDecode: 4, prefill: 18 });
  });

  test("that emit nothing yet are prefill altogether", async () => {
    const ledger = await booked([advance(0, 7, { prefilling: 1, prefillTokens: 10 }), end(7)]);
    expect(causesOf(ledger)).toEqual({ prefill: 7 });
  });

  test("beside decodes cost what they would if they were spread evenly, and interference is the rest", async () => {
    // Compute and memory overlap: a step takes as long as its tokens or 8 s, so 4 tokens leave room for 12 more.
    const bound = { seconds: ({ tokens }: { tokens: number }) => Math.max(8, tokens / 2) };
    const chunk = { decoding: 4, prefilling: 1, prefillTokens: 20 };
    const ledger = await booked(
      [advance(0, 12, chunk), advance(12, 20, { decoding: 4 }), advance(20, 28, { decoding: 4 }), end(28)],
      { bound },
    );
    // Twenty tokens over three steps would fit in.
    expect(causesOf(ledger)).toEqual({ usefulDecode: 24, interference: 4 });
    const linear = await booked([advance(0, 14, chunk), advance(14, 18, { decoding: 4 }), end(18)]);
    expect(causesOf(linear)).toEqual({ usefulDecode: 8, prefill: 10 });
  });

  test("read again after a preemption are recompute in proportion to their tokens", async () => {
    const again = request(0, { promptTokens: 10, emittedTokens: 5, preemptions: 1 });
    const facts = { decoding: 3, prefilled: [again], prefillTokens: 21, recomputedTokens: 21 };
    expect(causesOf(await booked([advance(0, 14, facts), end(14)]))).toEqual({ usefulDecode: 4, recompute: 10 });
    const half = await booked([advance(0, 14, { ...facts, recomputedTokens: 10.5 }), end(14)]);
    expect(causesOf(half)).toEqual({ usefulDecode: 4, recompute: 5, prefill: 5 });
  });
});

describe("what else a step can hold", () => {
  test("padding pays for its places", async () => {
    // A full batch of which three have ended: the step takes 4 s, three quarters of it for nothing.
    const ledger = await booked([advance(0, 4, { decoding: 1, padding: 3, limit: "policy" }), end(4)]);
    expect(causesOf(ledger)).toEqual({ usefulDecode: 1, padding: 3 });
    expect(ledger.outputTokens).toBe(1);
  });

  test("padding in a leap counts in every step", async () => {
    const leap = advance(0, 12, { steps: 3, decoding: 2, padding: 2, limit: "policy" });
    expect(causesOf(await booked([leap, end(12)]))).toEqual({ usefulDecode: 6, padding: 6 });
  });

  test("drafting, swaps and rejected drafts are taken from it before it is held against the bound", async () => {
    // Four sequences verify three tokens each, and keep two: 2 + 6 s and 2 + 4 s; a full batch emits eight tokens in 6 s.
    const ledger = await booked([
      advance(0, 9.75, { decoding: 4, decodedTokens: 8, rejectedTokens: 4, draftSeconds: 1.5, swapSeconds: 0.25 }),
      end(9.75),
    ]);
    expect(causesOf(ledger)).toEqual({ usefulDecode: 6, rejectedDrafts: 2, drafting: 1.5, swap: 0.25 });
    expect(ledger.outputTokens).toBe(8);
  });

  test("experts cost what was drawn above what is expected, and the busiest rank what an even share would save", async () => {
    const run = withExperts(7, 30);
    const events = [advance(0, 7, { decoding: 4, run }), end(7)];
    expect(causesOf(await booked(events))).toEqual({ usefulDecode: 4, moeExcess: 3 });
    const bound = { seconds: () => 4, secondsIfEven: (_: unknown, touched: number) => 4 + touched / 20 };
    expect(causesOf(await booked(events, { bound }))).toEqual({ usefulDecode: 4, moeExcess: 1.5, busiestRank: 1.5 });
  });
});

describe("time between steps", () => {
  test("is idle where nothing waits, and the policy's where something does", async () => {
    const ledger = await booked([
      ...warm(2.5),
      // From 2.5 to 5 s nothing is there; then the policy waits for company until 6 s.
      arrival(5, 1, 1),
      dispatch(6, [request(1), request(2), request(3), request(4)], 0),
      advance(6, 10, { prefilled: [1, 2, 3, 4].map((id) => request(id)), prefillTokens: 4 }),
      end(11),
    ]);
    // The first request takes 2.5 s in place of 1; after 10 s four sequences are left waiting for nothing.
    expect(causesOf(ledger)).toEqual({ usefulDecode: 5, warmUp: 1.5, idle: 2.5, policy: 2 });
  });

  test("is warm-up before the first request has finished, and drain after the last has come", async () => {
    const events = [
      arrival(1, 0, 1),
      dispatch(1, [request(0)], 0),
      advance(1, 3.5, { prefilled: [request(0)], prefillTokens: 1 }),
      finish(3.5, 0),
      end(4),
    ];
    expect(causesOf(await booked(events))).toEqual({ usefulDecode: 1, warmUp: 2.5, idle: 0.5 });
    expect(causesOf(await booked(events, { expectedRequests: 1 }))).toEqual({ usefulDecode: 1, warmUp: 1, drain: 2 });
  });

  test("counts for every replica", async () => {
    const two = [
      ...warm(2.5),
      { ...dispatch(3, [request(1)], 0), replica: 1 },
      advance(3, 5.5, { replica: 1, prefilled: [request(1)], prefillTokens: 1 }),
      finish(5.5, 1),
      end(6),
    ];
    const ledger = await booked(two, { replicas: 2 });
    expect(ledger.acceleratorSeconds).toBe(12);
    // Until 2.5 s the second one has nothing to do for it is early; then both idle, but for the second from 3 to 5.5 s.
    expect(causesOf(ledger)).toEqual({ usefulDecode: 2, warmUp: 4, idle: 4.5, arrivals: 1.5 });
  });

  test("cannot be negative", async () => {
    await expect(booked([advance(0, 4, { decoding: 4 }), advance(3, 7, { decoding: 4 }), end(7)])).rejects.toThrow(
      InvariantError,
    );
  });

  test("that was cut off at the end of the run is drain", async () => {
    const cut = advance(4, 5, { steps: 0, decoding: 4 });
    expect(causesOf(await booked([advance(0, 4, { decoding: 4 }), cut, end(5)]))).toEqual({
      usefulDecode: 4,
      drain: 1,
    });
  });
});

describe("a pipeline", () => {
  const layout = { tensorParallel: "1d", tensorRanks: 2, pipelineStages: 2 } as const;
  /** A trip of 3 + 1 + 3 s for a microbatch of two. */
  const bound = { seconds: ({ tokens }: { tokens: number }) => 5 + tokens };

  /** Two microbatches of two sequences; warm-up is over when both have made a trip. */
  const first: ServingEvent[] = [
    dispatch(0, [request(0), request(1)], 2),
    { ...dispatch(3, [request(2), request(3)], 0), microbatch: 1 },
    advance(0, 7, { prefilled: [request(0), request(1)], prefillTokens: 2, run: staged(2, 3, 1) }),
    finish(7, 0),
    dispatch(7, [request(4)], 0),
    advance(3, 10, { microbatch: 1, prefilled: [request(2), request(3)], prefillTokens: 2, run: staged(2, 3, 1) }),
    finish(10, 2),
    finish(10, 3),
    { ...dispatch(10, [request(5), request(6)], 0), microbatch: 1 },
  ];

  test("owns its time by microbatch, hops included, and equal ones have no bubble", async () => {
    const ledger = await booked(
      [
        ...first,
        advance(7, 14, { decoding: 1, prefilled: [request(4)], prefillTokens: 1, run: staged(2, 3, 1) }),
        advance(10, 17, {
          microbatch: 1,
          prefilled: [request(5), request(6)],
          prefillTokens: 2,
          run: staged(2, 3, 1),
        }),
        advance(14, 17, { steps: 0, decoding: 2 }),
        end(17),
      ],
      { layout, bound },
    );
    expect(ledger.acceleratorSeconds).toBe(17 * 4);
    // Four trips; the second microbatch waits 3 s at first, and the last trip is cut off after 3 s.
    expect(causesOf(ledger)).toEqual({ usefulDecode: 4 * 7 * 2, warmUp: 3 * 2, drain: 3 * 2 });
  });

  test("has bubbles by the stage that is waited for", async () => {
    const ledger = await booked(
      [
        ...first,
        // A step that reads a prompt takes 12 s, 5.5 in each stage. The one behind it finds the second stage busy until 19 s.
        advance(7, 19, { decoding: 1, prefilled: [request(4)], prefillTokens: 6, run: staged(2, 5.5, 1) }),
        // It starts at 12.5 s, when the first stage is free, waits for the second from 16.5 to 19 s, and ends at 22 s.
        advance(12.5, 22, {
          microbatch: 1,
          prefilled: [request(5), request(6)],
          prefillTokens: 2,
          run: staged(2, 3, 1, 2.5),
        }),
        finish(22, 5),
        finish(22, 6),
        // The first microbatch has waited for the first stage since 19 s.
        advance(20, 27, { decoding: 2, run: staged(2, 3, 1) }),
        end(27),
      ],
      { layout, bound },
    );
    expect(ledger.acceleratorSeconds).toBe(27 * 4);
    expect(ledger.bubbleByStage).toEqual([3.5 * 2, 2.5 * 2]);
    expect(causesOf(ledger)).toEqual({
      usefulDecode: 5 * 7 * 2,
      prefill: 5 * 2,
      warmUp: 3 * 2,
      idle: 5 * 2,
      pipelineBubble: 6 * 2,
    });
  });

  test("keeps a microbatch's newcomers waiting while its first stage is busy, and that is no policy", async () => {
    const ledger = await booked(
      [
        ...first,
        advance(7, 14, { decoding: 1, prefilled: [request(4)], prefillTokens: 1, run: staged(2, 3, 1) }),
        advance(10, 17, {
          microbatch: 1,
          prefilled: [request(5), request(6)],
          prefillTokens: 2,
          run: staged(2, 3, 1),
        }),
        finish(17, 5),
        finish(17, 6),
        // The second microbatch is empty from 17 s on; one comes at 19 s while the first stage works from 17 to 20 s.
        arrival(19, 7, 1),
        { ...dispatch(20, [request(7), request(8)], 0), microbatch: 1 },
        advance(17, 24, { decoding: 2, run: staged(2, 3, 1) }),
        advance(20, 27, {
          microbatch: 1,
          prefilled: [request(7), request(8)],
          prefillTokens: 2,
          run: staged(2, 3, 1),
        }),
        end(27),
      ],
      { layout, bound },
    );
    expect(ledger.bubbleByStage[0]).toBe((3 + 1 + 3) * 2);
    expect(ledger.causes.policy).toBe(0);
    expect(ledger.causes.idle).toBe(2 * 2);
  });
});
