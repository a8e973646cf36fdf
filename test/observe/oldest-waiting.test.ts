import fc from "fast-check";
import { expect, test } from "vitest";
import { OldestWaiting } from "../../src/observe/oldest-waiting.ts";
import { request } from "./events.ts";

const came = (id: number, arrivalSeconds = 0) => request(id, { arrivalSeconds });

test("nobody waits at first, and nobody when all have left", () => {
  const oldest = new OldestWaiting();
  expect(oldest.sinceSeconds).toBeNaN();
  oldest.leave(came(0));
  oldest.enter(came(3, 1.5));
  expect(oldest.sinceSeconds).toBe(1.5);
  oldest.leave(came(3));
  expect(oldest.sinceSeconds).toBeNaN();
});

test("the oldest is the first that came of those that wait, in whatever order they leave", () => {
  // Comes, the first leaves, some other leaves, one that does not wait leaves.
  const moves = fc.array(
    fc.oneof(
      {
        weight: 5,
        arbitrary: fc.record({ kind: fc.constant("enter" as const), skipped: fc.integer({ min: 0, max: 2 }) }),
      },
      { weight: 2, arbitrary: fc.record({ kind: fc.constant("first" as const) }) },
      {
        weight: 2,
        arbitrary: fc.record({ kind: fc.constant("some" as const), share: fc.double({ min: 0, max: 1, noNaN: true }) }),
      },
      {
        weight: 1,
        arbitrary: fc.record({ kind: fc.constant("absent" as const), id: fc.integer({ min: 0, max: 500 }) }),
      },
    ),
    { maxLength: 400 },
  );
  fc.assert(
    fc.property(moves, (list) => {
      const oldest = new OldestWaiting();
      const waiting: number[] = [];
      let next = 0;
      for (const move of list) {
        if (move.kind === "enter") {
          next += 1 + move.skipped;
          waiting.push(next);
          oldest.enter(came(next, next / 8));
        } else if (move.kind === "absent") {
          if (waiting.includes(move.id)) continue;
          oldest.leave(came(move.id));
        } else if (waiting.length > 0) {
          const place = move.kind === "first" ? 0 : Math.floor(move.share * (waiting.length - 1));
          oldest.leave(came(waiting.splice(place, 1)[0]!));
        }
        expect(oldest.sinceSeconds).toBe(waiting.length === 0 ? Number.NaN : waiting[0]! / 8);
      }
    }),
    { numRuns: 200 },
  );
});

test("one that starves does not hold the memory of all that came after it", () => {
  const oldest = new OldestWaiting();
  oldest.enter(came(0, 0));
  for (let id = 1; id < 100_000; id++) {
    oldest.enter(came(id, id));
    oldest.leave(came(id));
  }
  expect(oldest.sinceSeconds).toBe(0);
  expect(oldest.places).toBeLessThanOrEqual(16);
});
