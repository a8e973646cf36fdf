import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { admissions } from "../../src/serving/admissions.ts";
import { Request } from "../../src/serving/request.ts";

const request = (promptTokens: number) => new Request(0, 0, { promptTokens, outputTokens: 10_000 });

describe("unlimited admission", () => {
  test("turns nothing away", () => {
    const admission = admissions.build({ kind: "unlimited" });
    expect(admission(request(1e6), { nowSeconds: 0, waiting: 1e9 })).toBeUndefined();
  });
});

describe("a bounded queue", () => {
  test("turns away while it is full, with the reason", () => {
    const admission = admissions.build({ kind: "bounded-queue", maxWaiting: 3 });
    const answers = [0, 2, 3, 7].map((waiting) => admission(request(1), { nowSeconds: 0, waiting }));
    expect(answers).toEqual([undefined, undefined, "3 wait already, of 3 that may", "7 wait already, of 3 that may"]);
  });

  test("has room for one at least", () => {
    expect(admissions.schema.safeParse({ kind: "bounded-queue", maxWaiting: 0 }).success).toBe(false);
  });
});

/** Instants, rates and sizes in sixteenths, so that sums of them are exact. */
const sixteenths = (max: number) => fc.integer({ min: 1, max: 16 * max }).map((number) => number / 16);
const arrivals = fc
  .array(fc.record({ atSeconds: sixteenths(20), promptTokens: fc.integer({ min: 1, max: 12 }) }), {
    maxLength: 60,
    size: "max",
  })
  .map((list) => list.sort((one, other) => one.atSeconds - other.atSeconds));

describe("a token bucket", () => {
  test.each(["requests", "tokens"] as const)(
    "lets in at most burst + rate·t within any t seconds, and turns away only what would exceed it (%s)",
    (unit) => {
      fc.assert(
        fc.property(arrivals, sixteenths(4), fc.integer({ min: 1, max: 20 }), (list, rate, burst) => {
          const admission = admissions.build({ kind: "token-bucket", unit, rate, burst });
          const admitted: { atSeconds: number; cost: number }[] = [];
          for (const { atSeconds, promptTokens } of list) {
            const cost = unit === "requests" ? 1 : promptTokens;
            const reason = admission(request(promptTokens), { nowSeconds: atSeconds, waiting: 0 });
            const withIt = [...admitted, { atSeconds, cost }];
            // Stretches that end now and begin with a request that was let in, or with this one.
            const exceeds = withIt.some((first, place) => {
              const costs = withIt.slice(place).reduce((sum, one) => sum + one.cost, 0);
              return costs > burst + rate * (atSeconds - first.atSeconds);
            });
            expect(reason !== undefined).toBe(exceeds);
            if (reason === undefined) admitted.push({ atSeconds, cost });
          }
        }),
        { numRuns: 300 },
      );
    },
  );

  test("says what was asked of it and what it had", () => {
    const admission = admissions.build({ kind: "token-bucket", unit: "tokens", rate: 100, burst: 1000 });
    const ask = (promptTokens: number, nowSeconds: number) =>
      admission(request(promptTokens), { nowSeconds, waiting: 0 });
    expect(ask(2000, 0)).toBe("needs 2000 of the 1000 tokens in the bucket");
    expect(ask(900, 0)).toBeUndefined();
    expect(ask(300, 1.5)).toBe("needs 300 of the 250 tokens in the bucket");
    expect(ask(300, 2)).toBeUndefined();
  });

  test("is built anew each time", () => {
    const build = () => admissions.build({ kind: "token-bucket", unit: "requests", rate: 1, burst: 1 });
    const view = { nowSeconds: 0, waiting: 0 };
    const one = build();
    expect([one(request(1), view), one(request(1), view)]).toEqual([
      undefined,
      "needs 1 of the 0 requests in the bucket",
    ]);
    expect(build()(request(1), view)).toBeUndefined();
  });
});

describe("admission options", () => {
  test("refuse what cannot work", () => {
    const bad = [
      { kind: "token-bucket", unit: "tokens", rate: 0, burst: 10 },
      { kind: "token-bucket", unit: "tokens", rate: 1, burst: 0.5 },
      { kind: "token-bucket", unit: "words", rate: 1, burst: 5 },
      { kind: "none" },
    ];
    for (const options of bad) expect(admissions.schema.safeParse(options).success).toBe(false);
    expect(admissions.schema.parse({ kind: "token-bucket", unit: "requests", rate: "90/min", burst: 5 })).toMatchObject(
      {
        rate: 1.5,
      },
    );
  });
});
