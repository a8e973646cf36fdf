import { z } from "zod";
import { part } from "../../core/catalogue.ts";
import { leastOf, type ReplicaLoad, type RoutedRequest, type Routing } from "../router.ts";

/**
 * Requests that begin alike go to the same replica, where their prefix is cached, unless it is overloaded: consistent
 * hashing with bounded loads (Mirrokni, Thorup, Zadimoghaddam 2018), by rendezvous hashing (Thaler, Ravishankar 1998).
 * Alike are those of one session, and else those whose first `blocks` prefix hashes agree; what has neither goes to the
 * replica with the fewest outstanding requests. Overloaded is a replica that would have more than `overload` times the
 * mean of the outstanding requests, rounded up: then the key's next choice takes it.
 */
export const prefixAffinity = part({
  summary: "requests of one session, or with the same first blocks, to one replica unless it is overloaded",
  options: z.strictObject({
    // In Mooncake's conversations the first block is the same in all requests, and the second tells them apart.
    blocks: z.int().positive().default(2).describe("prefix hashes that have to agree"),
    overload: z
      .number()
      .min(1)
      .max(100)
      .default(1.25)
      .describe("the most outstanding requests of a replica, as a multiple of the mean"),
  }),
  build:
    ({ blocks, overload }): Routing =>
    () => ({
      choose(request, replicas) {
        const key = keyOf(request, blocks);
        if (key === undefined) return leastOf(replicas, ({ requests }) => requests);
        const outstanding = replicas.reduce((sum, { requests }) => sum + requests, 0);
        const most = Math.ceil((overload * (outstanding + 1)) / replicas.length);
        return firstChoice(key, replicas, most);
      },
    }),
});

function keyOf({ session, prefixHashes }: RoutedRequest, blocks: number): string | undefined {
  if (session !== undefined) return `session ${session.id}`;
  if (prefixHashes === undefined || prefixHashes.length === 0) return undefined;
  return `prefix ${prefixHashes.slice(0, blocks).join()}`;
}

/** Of the replicas that are not overloaded with one request more, the one that the key ranks first. */
function firstChoice(key: string, replicas: readonly ReplicaLoad[], mostRequests: number): number {
  const hash = hashOf(key);
  let best = -1;
  let bestRank = -1;
  replicas.forEach(({ index, requests }, place) => {
    if (requests + 1 > mostRequests) return;
    const rank = mixed(hash ^ mixed(index + 1));
    if (rank <= bestRank) return;
    bestRank = rank;
    best = place;
  });
  return best;
}

/** FNV-1a, 32 bits. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash;
}

/** The finalizer of MurmurHash3: every bit of the result depends on every bit given. */
function mixed(bits: number): number {
  let hash = bits ^ (bits >>> 16);
  hash = Math.imul(hash, 0x85ebca6b);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
