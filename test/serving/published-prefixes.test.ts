import { existsSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { kvAllocations } from "../../src/serving/kv-allocation.ts";
import { KvCache } from "../../src/serving/kv-cache.ts";
import { traceFormats } from "../../src/workload/traces.ts";

/** The published trace is not part of the project: it is replayed where a folder beside it holds it. */
const trace = new URL("../../../shared/traces/mooncake_conversation_trace.jsonl", import.meta.url);

/** Tokens found by requests that are served one at a time, the names in a plain map in the order of their use. */
function foundInMap(requests: readonly { promptTokens: number; prefixHashes?: readonly number[] }[], blocks: number) {
  const names = new Map<number, true>();
  let found = 0;
  for (const { promptTokens, prefixHashes = [] } of requests) {
    const missing = prefixHashes.findIndex((name, place) => !names.has(name) || 512 * (place + 1) >= promptTokens);
    const hits = missing < 0 ? prefixHashes.length : missing;
    found += 512 * hits;
    for (const name of prefixHashes.slice(0, hits)) names.delete(name);
    for (const oldest of names.keys()) {
      if (names.size + Math.ceil(promptTokens / 512) <= blocks) break;
      names.delete(oldest);
    }
    for (const name of prefixHashes.toReversed()) {
      names.delete(name);
      names.set(name, true);
    }
  }
  return found;
}

test.skipIf(!existsSync(trace)).each([
  ["all that can be found", 1_000_000],
  ["what a map in order of use does, in a cache of a million tokens", 2_000],
])("of Mooncake's conversations finds %s", (_, blocks) => {
  const requests = traceFormats.mooncake.parse(readFileSync(trace, "utf8"), "trace");
  const allocation = kvAllocations.build({ name: "growth" });
  const capacityTokens = 512 * blocks;
  const cache = new KvCache({ capacityTokens, blockTokens: 512, watermark: 0, allocation, prefixSharing: true });
  let found = 0;
  for (const request of requests) {
    found += cache.admit(request, request.promptTokens);
    cache.startDecoding(request, request.promptTokens, 0);
    cache.release(request, request.promptTokens, 0);
  }
  expect(found).toBeGreaterThan(0);
  expect(found).toBe(foundInMap(requests, blocks));
});
