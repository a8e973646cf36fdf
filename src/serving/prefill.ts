import type { Request } from "./request.ts";

/** An admitted request while its prompt, and after a preemption its output so far, is read into the cache. */
export interface Prefill {
  readonly request: Request;
  readonly targetTokens: number;
  /** Tokens in the cache. */
  doneTokens: number;
}

/** What one step reads of a prefill. */
export interface Chunk {
  readonly prefill: Prefill;
  readonly tokens: number;
}

/** What the chunks of a step add to a batch. */
export interface ChunkLoad {
  readonly tokens: number;
  /** A chunk of s tokens after d cached ones attends to s·(d + (s-1)/2) pairs: each token to those before it. */
  readonly pairs: number;
  /** Σ of the tokens cached before, which are read. */
  readonly kvTokensRead: number;
  /** Of the tokens, those that had been computed before a preemption. */
  readonly recomputedTokens: number;
}

export const noLoad: ChunkLoad = { tokens: 0, pairs: 0, kvTokensRead: 0, recomputedTokens: 0 };
export const noChunks: readonly Chunk[] = [];

/** Cuts so many tokens from what is left to read, the oldest prefill first. */
export function chunksOf(prefills: readonly Prefill[], mostTokens: number): readonly Chunk[] {
  const chunks: Chunk[] = [];
  let left = mostTokens;
  for (const prefill of prefills) {
    const tokens = Math.min(left, prefill.targetTokens - prefill.doneTokens);
    if (tokens <= 0) break;
    chunks.push({ prefill, tokens });
    left -= tokens;
  }
  return chunks;
}

export function loadOf(chunks: readonly Chunk[]): ChunkLoad {
  let tokens = 0;
  let pairs = 0;
  let kvTokensRead = 0;
  let recomputedTokens = 0;
  for (const { prefill, tokens: s } of chunks) {
    const d = prefill.doneTokens;
    tokens += s;
    pairs += s * (d + (s - 1) / 2);
    kvTokensRead += d;
    recomputedTokens += Math.max(0, Math.min(d + s, prefill.request.computedTokens) - d);
  }
  return { tokens, pairs, kvTokensRead, recomputedTokens };
}
