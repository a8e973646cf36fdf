import { describe, expect, test } from "vitest";
import { kolmogorovPValue } from "../../statistical-tests.ts";
import { arrive } from "./harness.ts";

const loop = (users: number, thinkTime = 0, thinkDistribution: "constant" | "exponential" = "constant") =>
  ({ process: "closed-loop", users, thinkTime, thinkDistribution }) as const;

describe("closed-loop users", () => {
  test("all ask at time 0, and without think time so many requests are always in the system", () => {
    const serviceSeconds = ({ promptTokens }: { promptTokens: number }) => 1 + (promptTokens % 7) / 10;
    const watched = arrive(loop(12), { untilSeconds: 200, serviceSeconds });
    expect(watched.requests.filter(({ atSeconds }) => atSeconds === 0)).toHaveLength(12);
    expect([watched.leastInSystem, watched.mostInSystem]).toEqual([12, 12]);
    // Twelve users and mean service 1.3 s.
    expect(watched.requests.length / 200).toBeCloseTo(12 / 1.3, 0);
  });

  test("a user asks again a constant think time after the answer", () => {
    const { requests } = arrive(loop(2, 5), { untilSeconds: 20, serviceSeconds: ({ promptTokens }) => promptTokens });
    // User 1: asks 0, served 1 s, asks at 6 (the third request, 3 s), at 14; user 2: asks 0, served 2 s, asks at 7 (4 s), at 16.
    expect(requests.map(({ atSeconds }) => atSeconds)).toEqual([0, 0, 6, 7, 14, 16]);
  });

  test("exponential think times are exponential with that mean (10 seeds of 3,000, Kolmogorov's test at 0.1 % each)", () => {
    for (let seed = 0; seed < 10; seed++) {
      const { requests } = arrive(loop(1, 5, "exponential"), { seed, limit: 3001, serviceSeconds: () => 2 });
      const thinkSeconds = requests.slice(1).map(({ atSeconds }, index) => atSeconds - requests[index]!.atSeconds - 2);
      expect(
        kolmogorovPValue(thinkSeconds, (seconds) => 1 - Math.exp(-seconds / 5)),
        `seed ${seed}`,
      ).toBeGreaterThan(0.001);
    }
  });

  test("with exponential think time of mean 0 users ask again at once", () => {
    const { requests } = arrive(loop(1, 0, "exponential"), { limit: 4, serviceSeconds: () => 2 });
    expect(requests.map(({ atSeconds }) => atSeconds)).toEqual([0, 2, 4, 6]);
  });

  test("the limit ends asking, even with more users than requests", () => {
    const serviceSeconds = () => 1;
    expect(arrive(loop(3), { limit: 10, serviceSeconds })).toMatchObject({ requests: { length: 10 }, completed: true });
    expect(arrive(loop(50), { limit: 10, serviceSeconds })).toMatchObject({
      requests: { length: 10 },
      completed: true,
      mostInSystem: 10,
    });
  });
});
