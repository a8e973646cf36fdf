import { describe, expect, test } from "vitest";
import { saturating } from "../../src/workload/saturating.ts";
import { requestsOf, serve } from "../serving/harness.ts";

const specs = Array.from({ length: 20 }, (_, index) => ({ promptTokens: 1 + index, outputTokens: 5 + (index % 7) }));

describe("requests that saturate", () => {
  test("come in their order, so many at once and then one for each that ends", async () => {
    const events = await serve({ requests: saturating(specs, 6), maxSequences: 6 });
    expect(requestsOf(events).map(({ promptTokens }) => promptTokens)).toEqual(specs.map((spec) => spec.promptTokens));
    let present = 0;
    let left = specs.length;
    for (const event of events) {
      if (event.kind === "finish") present--;
      if (event.kind === "arrival") {
        present++;
        left--;
      }
      if (event.kind === "advance" && left > 0) expect(present).toBe(6);
    }
    expect(present).toBe(0);
  });

  test("are all there is, however few", async () => {
    expect(requestsOf(await serve({ requests: saturating(specs, 100) }))).toHaveLength(specs.length);
    expect(requestsOf(await serve({ requests: saturating([], 3) }))).toEqual([]);
  });
});
