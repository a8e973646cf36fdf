import { describe, expect, test } from "vitest";
import type { RequestSpec } from "../../../src/serving/request.ts";
import { arrive } from "./harness.ts";

const sessions = (turns: number, thinkTime = 0, thinkDistribution: "constant" | "exponential" = "constant") =>
  ({
    process: "sessions",
    starts: { process: "deterministic", rate: 0.1 },
    turns: { distribution: "constant", tokens: turns },
    thinkTime,
    thinkDistribution,
  }) as const;

describe("sessions", () => {
  test("each turn reads all that was said before, a think time after the last answer", () => {
    // New prompts are 1, 2, 3 for the first session, outputs 1 each.
    const { requests } = arrive(sessions(3, 2), { untilSeconds: 19, serviceSeconds: () => 1 });
    expect(requests).toEqual([
      {
        atSeconds: 10,
        promptTokens: 1,
        outputTokens: 1,
        session: { id: "0", turn: 0, repeatedTokens: 0 },
        prefixHashes: [],
      },
      {
        atSeconds: 13,
        promptTokens: 4,
        outputTokens: 1,
        session: { id: "0", turn: 1, repeatedTokens: 2 },
        prefixHashes: [],
      },
      {
        atSeconds: 16,
        promptTokens: 8,
        outputTokens: 1,
        session: { id: "0", turn: 2, repeatedTokens: 5 },
        prefixHashes: [],
      },
    ]);
  });

  test("name the full blocks of prompt and answer, the same from turn to turn and no other session's", () => {
    const { requests } = arrive(sessions(60, 1), { untilSeconds: 170, serviceSeconds: () => 1 });
    const last = new Map<string, readonly number[]>();
    for (const { session, promptTokens, outputTokens, prefixHashes = [] } of requests) {
      expect(prefixHashes.length).toBe(Math.floor((promptTokens + outputTokens) / 512));
      const before = last.get(session!.id) ?? [];
      expect(prefixHashes.slice(0, before.length)).toEqual(before);
      last.set(session!.id, prefixHashes);
    }
    const names = [...last.values()].flat();
    expect(last.size).toBeGreaterThan(10);
    expect(names.length).toBeGreaterThan(100);
    expect(new Set(names).size).toBe(names.length);
  });

  test("start and speak the same however fast they are answered", () => {
    const spoken = (serviceSeconds: (request: RequestSpec) => number) => {
      const { requests } = arrive(sessions(4, 3, "exponential"), { untilSeconds: 2_000, serviceSeconds });
      const inOrder = requests.map(
        ({ session, promptTokens }) => `${session!.id.padStart(4)}/${session!.turn}: ${promptTokens}`,
      );
      return inOrder.filter((line) => Number(line.split("/")[0]) < 100).sort();
    };
    expect(spoken(() => 0.5)).toEqual(spoken(({ promptTokens }) => 1 + (promptTokens % 13)));
  });

  test("the limit ends them at once, whoever was thinking", () => {
    const { requests, completed } = arrive(sessions(2, 1e6), { limit: 3, serviceSeconds: () => 1 });
    expect([requests.length, completed]).toEqual([3, true]);
  });

  test("who is not answered says no more", () => {
    expect(arrive(sessions(5), { limit: 20 }).requests.map(({ session }) => session?.turn)).toEqual(Array(20).fill(0));
  });
});

describe("batches", () => {
  const batch = (values: number[]) =>
    ({
      process: "batch",
      instants: { process: "deterministic", rate: 1 },
      size: { distribution: "empirical", values },
    }) as const;

  test("come together", () => {
    expect(arrive(batch([3]), { untilSeconds: 2.5 }).requests.map(({ atSeconds }) => atSeconds)).toEqual([
      1, 1, 1, 2, 2, 2,
    ]);
  });

  test("are cut by the limit", () => {
    expect(arrive(batch([3]), { limit: 5 })).toMatchObject({ requests: { length: 5 }, completed: true });
  });

  test("have random sizes, each as often as its weight", () => {
    const { requests } = arrive(batch([1, 5]), { untilSeconds: 2_000 });
    const sizes = new Map<number, number>();
    for (const { atSeconds } of requests) sizes.set(atSeconds, (sizes.get(atSeconds) ?? 0) + 1);
    expect(new Set(sizes.values())).toEqual(new Set([1, 5]));
    // 2,000 fair coins: the standard deviation of their number of heads is 22, and five of them all but never happen.
    expect(Math.abs([...sizes.values()].filter((size) => size === 1).length - 1_000)).toBeLessThan(112);
  });
});
