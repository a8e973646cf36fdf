import { kvAllocations } from "../src/serving/kv-allocation.ts";
import { KvCache, type KvRequest } from "../src/serving/kv-cache.ts";
import { type BenchRow, medianSeconds } from "./bench.ts";

const requests = 100_000;
const running = 64;

/** Prompts of 24 blocks as in Mooncake's conversations, of which the first 9 were another's before. */
function conversations(): KvRequest[] {
  return Array.from({ length: requests }, (_, id) => ({
    promptTokens: 24 * 512 + 1,
    outputTokens: 2,
    prefixHashes: Array.from({ length: 24 }, (_, place) => (place < 9 ? (id % 100) * 24 + place : id * 24 + place)),
  }));
}

/** Admits, decodes and releases each request, so many at a time; returns the share of tokens that were found. */
function serveAll(list: readonly KvRequest[], prefixSharing: boolean, name: "growth" | "reserve-oracle"): number {
  const allocation = kvAllocations.build({ name });
  const cache = new KvCache({ capacityTokens: 3e6, blockTokens: 16, watermark: 0, allocation, prefixSharing });
  let found = 0;
  list.forEach((request, step) => {
    if (cache.blocksToAdmit(request, request.promptTokens) > cache.ledger.freeBlocksForAdmission) {
      throw new Error("the cache is too small");
    }
    found += cache.admit(request, request.promptTokens);
    cache.startDecoding(request, request.promptTokens, step);
    cache.ledger.grow(step, 1);
    const leaver = list[step - running];
    if (leaver !== undefined) cache.release(leaver, leaver.promptTokens + running + 1, step + 1);
  });
  return found / (requests * (24 * 512 + 1));
}

/** What admission and release cost, all ways to allocate. */
export async function kvCacheBench(): Promise<BenchRow[]> {
  const list = conversations();
  const perSecond = async (sharing: boolean, name: "growth" | "reserve-oracle") =>
    requests / (await medianSeconds(() => serveAll(list, sharing, name)));
  return [
    { name: "growth", value: await perSecond(false, "growth"), unit: "requests/s" },
    { name: "reservation", value: await perSecond(false, "reserve-oracle"), unit: "requests/s" },
    { name: "growth, prefixes of 24 names shared", value: await perSecond(true, "growth"), unit: "requests/s" },
    { name: "share of prompt tokens found", value: 100 * serveAll(list, true, "growth"), unit: "%" },
  ];
}
