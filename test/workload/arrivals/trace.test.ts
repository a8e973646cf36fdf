import { describe, expect, test } from "vitest";
import { arrive } from "./harness.ts";

const rows = [
  { arrivalSeconds: 0.5, promptTokens: 10, outputTokens: 1 },
  { arrivalSeconds: 0.5, promptTokens: 20, outputTokens: 2 },
  { arrivalSeconds: 3, promptTokens: 30, outputTokens: 3 },
];
const replay = (timeScale: number, limit?: number) =>
  arrive(
    { process: "trace", format: "plain", file: "any.csv", timeScale },
    { rows, ...(limit !== undefined && { limit }) },
  );

describe("a trace", () => {
  test("is replayed as it was: arrivals, lengths, and its end", () => {
    const { requests, completed } = replay(1);
    expect(requests).toMatchObject([
      { atSeconds: 0.5, promptTokens: 10, outputTokens: 1 },
      { atSeconds: 0.5, promptTokens: 20, outputTokens: 2 },
      { atSeconds: 3, promptTokens: 30, outputTokens: 3 },
    ]);
    expect(completed).toBe(true);
  });

  test.each([
    [0.5, [0.25, 0.25, 1.5]],
    [10, [5, 5, 30]],
  ])("multiplies arrival times by a time scale of %d", (timeScale, instants) => {
    expect(replay(timeScale).requests.map(({ atSeconds }) => atSeconds)).toEqual(instants);
  });

  test.each([1, 2, 3, 4])("ends after a limit of %d or with its last request", (limit) => {
    const { requests, completed } = replay(1, limit);
    expect([requests.length, completed]).toEqual([Math.min(limit, 3), true]);
  });
});
