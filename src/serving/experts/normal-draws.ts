import { normalDensity } from "../../core/normal.ts";
import type { Random } from "../../core/random.ts";

const strips = 256;
/** Where the tail of the lowest strip starts, and the area of each strip under `exp(-x²/2)`. */
const tailStart = 3.6541528853610088;
const stripArea = 0.00492867323399;

/**
 * Standard normal numbers by the ziggurat (Marsaglia and Tsang 2000, strip and place in it from separate bits as Doornik 2005 asks):
 * one uniform number for 99 of 100, less than half the time of d3-random's polar method (measured in the bench).
 */
export function normalDraws(random: Random): () => number {
  const edges = stripEdges();
  /** Up to this share of its width a strip lies wholly under the curve. */
  const inner = edges.map((edge, strip) => (edges[strip + 1] ?? 0) / edge);

  function beyondTailStart(): number {
    for (;;) {
      const beyond = -Math.log(1 - random()) / tailStart;
      if (-2 * Math.log(1 - random()) >= beyond * beyond) return tailStart + beyond;
    }
  }

  return () => {
    for (;;) {
      const scaled = random() * strips;
      const strip = Math.floor(scaled);
      const place = 2 * (scaled - strip) - 1;
      const x = place * edges[strip]!;
      if (Math.abs(place) < inner[strip]!) return x;
      if (strip === 0) return place < 0 ? -beyondTailStart() : beyondTailStart();
      const bottom = normalDensity(edges[strip]!);
      const top = normalDensity(edges[strip + 1]!);
      if (bottom + random() * (top - bottom) < normalDensity(x)) return x;
    }
  };
}

/** Right edges from the lowest strip up, whose edge stands for its tail too; the last one is the top of the curve. */
function stripEdges(): Float64Array {
  const height = (x: number) => Math.exp(-0.5 * x * x);
  const edges = new Float64Array(strips + 1);
  edges[0] = stripArea / height(tailStart);
  edges[1] = tailStart;
  for (let strip = 2; strip < strips; strip++) {
    const below = edges[strip - 1]!;
    edges[strip] = Math.sqrt(-2 * Math.log(stripArea / below + height(below)));
  }
  return edges;
}
