import { describe, expect, test } from "vitest";
import { Sections } from "../../src/observe/sections.ts";

/** Finishes requests one by one, the i-th with a latency of i seconds, and cuts whenever a section is full. */
function sectionsOf(requests: number): Sections {
  const sections = new Sections();
  for (let id = 0; id < requests; id++) {
    if (sections.isFull) sections.cut();
    sections.current.counts.finished++;
    sections.current.latency.e2eSeconds.record(id);
  }
  return sections;
}

describe("sections", () => {
  test.each([0, 1, 20, 500, 4000, 30_000])("of %d requests lose none", (requests) => {
    const sections = sectionsOf(requests);
    const total = sections.total();
    expect(total.counts.finished).toBe(requests);
    expect(total.latency.e2eSeconds.count).toBe(requests);
    expect(total.latency.e2eSeconds.sum).toBe((requests ** 2 - requests) / 2);
  });

  test("are equally long, and in the order of time", () => {
    const { complete } = sectionsOf(30_000);
    const [length = 0] = complete.map(({ counts }) => counts.finished);
    complete.forEach(({ counts, latency }, place) => {
      expect(counts.finished).toBe(length);
      expect([latency.e2eSeconds.least, latency.e2eSeconds.greatest]).toEqual([
        place * length,
        (place + 1) * length - 1,
      ]);
    });
  });

  test("are never many, and never few once a run is long", () => {
    const numbers = Array.from({ length: 60 }, (_, hundreds) => sectionsOf(1000 * (hundreds + 1)).complete.length);
    const most = Math.max(...numbers);
    expect(most).toBeLessThanOrEqual(100);
    const settled = numbers.slice(10);
    expect(Math.min(...settled)).toBeGreaterThanOrEqual(20);
    expect(Math.min(...settled)).toBeGreaterThanOrEqual(Math.floor(most / 2) - 1);
  });

  test("reading the total changes nothing", () => {
    const sections = sectionsOf(100);
    sections.total();
    expect(sections.total().counts.finished).toBe(100);
    expect(sections.current.counts.finished).toBeLessThan(100);
  });
});
