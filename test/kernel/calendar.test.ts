import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Calendar, type Due, Rank } from "../../src/kernel/calendar.ts";

const entries = fc.array(
  fc.record({
    seconds: fc.oneof(fc.integer({ min: 0, max: 5 }), fc.double({ min: 0, max: 1e9, noNaN: true })),
    rank: fc.constantFrom(...Object.values(Rank)),
  }),
  { maxLength: 400 },
);

/** A due that knows its own entry, to tell in which order entries leave. */
const labelled = (label: number): Due & { label: number } => ({ label, fire: () => undefined });

describe("calendar", () => {
  test("entries leave in the order (time, rank, sequence)", () => {
    fc.assert(
      fc.property(entries, (list) => {
        const calendar = new Calendar();
        list.forEach(({ seconds, rank }, index) => {
          calendar.insert(seconds, rank, labelled(index));
        });
        const left = list.map(() => (calendar.take() as ReturnType<typeof labelled>).label);
        const expected = list
          .map((entry, index) => ({ ...entry, index }))
          .sort((a, b) => a.seconds - b.seconds || a.rank - b.rank || a.index - b.index)
          .map((entry) => entry.index);
        expect(left).toEqual(expected);
      }),
    );
  });

  test("the order holds when inserting and taking alternate", () => {
    fc.assert(
      fc.property(entries, fc.array(fc.boolean(), { maxLength: 800 }), (list, takes) => {
        const calendar = new Calendar();
        let pending: { key: readonly [number, number, number] }[] = [];
        let sequence = 0;
        for (const take of takes) {
          const entry = list[sequence];
          if (take && pending.length > 0) {
            const least = pending.reduce((a, b) => (before(a.key, b.key) ? a : b));
            expect(calendar.nextSeconds).toBe(least.key[0]);
            expect((calendar.take() as ReturnType<typeof labelled>).label).toBe(least.key[2]);
            pending = pending.filter((other) => other !== least);
          } else if (entry !== undefined) {
            calendar.insert(entry.seconds, entry.rank, labelled(sequence));
            pending.push({ key: [entry.seconds, entry.rank, sequence] });
            sequence++;
          }
          expect(calendar.pending).toBe(pending.length);
        }
      }),
    );
  });

  test("an empty calendar has no next instant and nothing to take", () => {
    const calendar = new Calendar();
    expect(calendar.nextSeconds).toBe(Number.POSITIVE_INFINITY);
    expect(() => calendar.take()).toThrow("empty calendar");
  });
});

function before(a: readonly [number, number, number], b: readonly [number, number, number]): boolean {
  return (a[0] - b[0] || a[1] - b[1] || a[2] - b[2]) < 0;
}
