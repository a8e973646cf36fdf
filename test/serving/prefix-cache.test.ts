import { describe, expect, test } from "vitest";
import { UserError } from "../../src/core/errors.ts";
import { checkSharedBlockTokens, PrefixCache } from "../../src/serving/prefix-cache.ts";

const named = (...prefixHashes: number[]) => ({ prefixHashes });

describe("the prefix cache", () => {
  test("counts the users of each name", () => {
    const cache = new PrefixCache(128);
    const counts = () => [cache.sharedBlocks, cache.idleBlocks];
    const first = cache.acquire(named(1, 2), 2000);
    expect(cache.extend(first, 1500)).toBe(0);
    expect(counts()).toEqual([8, 0]);
    const second = cache.acquire(named(1, 3), 2000);
    expect(cache.sharedHits(named(1, 2, 3), 2000)).toBe(2);
    cache.release(first);
    expect(counts()).toEqual([4, 4]);
    expect([cache.hits(named(1, 2), 2000), cache.sharedHits(named(1, 2), 2000)]).toEqual([2, 1]);
    cache.release(second);
    expect(counts()).toEqual([0, 8]);
    expect(cache.evict(1)).toBe(4);
    expect(cache.hits(named(1, 2), 2000)).toBe(1);
    expect([cache.evict(100), cache.evict(1)]).toEqual([4, 0]);
    expect(counts()).toEqual([0, 0]);
  });

  test("a lease is released once, and none uses a block less than never", () => {
    const cache = new PrefixCache(512);
    const lease = cache.acquire(named(1), 600);
    cache.extend(lease, 600);
    cache.release(lease);
    expect(() => cache.release(lease)).toThrow("released twice");
    const again = cache.acquire(named(1), 600);
    again.blocks.push(again.blocks[0]!);
    expect(() => cache.release(again)).toThrow("block 1 has -1 users");
  });

  test("KV blocks that do not divide a name's are refused with the reason", () => {
    for (const blockTokens of [1, 16, 512]) checkSharedBlockTokens(blockTokens, "here");
    expect(() => checkSharedBlockTokens(48, "kvCache.blockTokens")).toThrow(
      new UserError(
        "kvCache.blockTokens",
        "prefixes are shared in blocks of 512 tokens, which KV blocks of 48 do not divide",
        "1, 2, 4, 8, 16, 32, 64, 128, 256, 512",
      ),
    );
    expect(() => checkSharedBlockTokens(1024, "here")).toThrow(UserError);
  });
});
