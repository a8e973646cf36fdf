import { isUniform } from "../../bounds/moe/popularity.ts";
import type { Random } from "../../core/random.ts";

/** Draws one expert in proportion to popularity, in constant time (Walker's alias method, tables after Vose 1991). */
export function pickDraws(picks: Float64Array, random: Random): () => number {
  const experts = picks.length;
  if (isUniform(picks)) return () => Math.floor(random() * experts);
  const { keep, alias } = aliasTable(picks);
  return () => {
    const scaled = random() * experts;
    const cell = Math.floor(scaled);
    return scaled - cell < keep[cell]! ? cell : alias[cell]!;
  };
}

function aliasTable(picks: Float64Array): { keep: Float64Array; alias: Int32Array } {
  const experts = picks.length;
  const keep = picks.map((p) => p * experts);
  // An expert of no weight must never come up, whatever the rounding: what it has no cell for goes to the hottest.
  const alias = new Int32Array(experts).fill(picks.indexOf(picks.reduce((most, p) => Math.max(most, p), 0)));
  const small: number[] = [];
  const large: number[] = [];
  for (let i = 0; i < experts; i++) (keep[i]! < 1 ? small : large).push(i);
  while (small.length > 0 && large.length > 0) {
    const poor = small.pop()!;
    const rich = large.at(-1)!;
    alias[poor] = rich;
    keep[rich]! -= 1 - keep[poor]!;
    if (keep[rich]! < 1) small.push(large.pop()!);
  }
  for (const full of [...small, ...large]) keep[full] = picks[full]! > 0 ? 1 : 0;
  return { keep, alias };
}
