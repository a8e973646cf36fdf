import { checkQuestion } from "../check.ts";
import { type OperatingFigures, operatingFigures } from "../closed-form.ts";
import { frontierExtent, type Grid, publishedGrid } from "./grid.ts";
import { gridLatency, speculativeGridLatency } from "./grid-latency.ts";
import type { FrontierQuestion } from "./question.ts";

/** A way of serving that none is both faster and cheaper than. */
export interface FrontierPoint extends OperatingFigures {
  readonly accelerators: number;
  readonly batch: number;
}

/** Seconds per token at every point of a grid. */
export function questionLatency(question: FrontierQuestion, grid: Grid): Float64Array {
  const { architecture, accelerator, contextTokens, speculation } = question;
  return speculation === undefined
    ? gridLatency(architecture, accelerator, grid, contextTokens)(1)
    : speculativeGridLatency(architecture, speculation, accelerator, grid, contextTokens);
}

/** Limits on the seconds per token: 600 from 0.1 ms to 1 s, evenly apart in their logarithm. */
const limitCount = 600;
const limitSeconds = Float64Array.from(
  { length: limitCount },
  (_, index) => 10 ** (-4 + (4 * index) / (limitCount - 1)),
);

/** The first limit that a time keeps to; `limitCount` where it exceeds all. */
function firstLimit(seconds: number): number {
  let limit = Math.max(0, Math.min(limitCount, Math.ceil(((Math.log10(seconds) + 4) * (limitCount - 1)) / 4)));
  while (limit > 0 && seconds <= limitSeconds[limit - 1]!) limit--;
  while (limit < limitCount && seconds > limitSeconds[limit]!) limit++;
  return limit;
}

/**
 * The published frontier (Erdil 2025, section 4), fastest point first: for each limit on the seconds per token the
 * cheapest point of the grid that keeps to it and to the demand cap, each point once.
 * A `UserError` where the question cannot be computed with.
 */
export function publishedFrontier(question: FrontierQuestion): FrontierPoint[] {
  checkQuestion(question);
  const { architecture, accelerator, contextTokens } = question;
  const demandCap = question.demandCapTokensPerSecond ?? Number.POSITIVE_INFINITY;
  const grid = publishedGrid(architecture, accelerator, frontierExtent);
  const seconds = questionLatency(question, grid);
  const columns = grid.batches.length;

  // The cheapest point between one limit and the next.
  const cheapest = new Int32Array(limitCount).fill(-1);
  const cost = new Float64Array(limitCount).fill(Number.POSITIVE_INFINITY);
  for (let row = 0; row < grid.accelerators.length; row++) {
    for (let column = 0; column < columns; column++) {
      const cell = row * columns + column;
      const time = seconds[cell]!;
      if (time > 1 || grid.batches[column]! / time > demandCap) continue;
      const limit = firstLimit(time);
      const acceleratorSeconds = (grid.accelerators[row]! * time) / grid.batches[column]!;
      if (acceleratorSeconds < cost[limit]!) {
        cost[limit] = acceleratorSeconds;
        cheapest[limit] = cell;
      }
    }
  }

  const points: FrontierPoint[] = [];
  let least = Number.POSITIVE_INFINITY;
  for (let limit = 0; limit < limitCount; limit++) {
    if (cost[limit]! >= least) continue;
    least = cost[limit]!;
    const cell = cheapest[limit]!;
    const accelerators = grid.accelerators[Math.trunc(cell / columns)]!;
    const batch = grid.batches[cell % columns]!;
    points.push({
      accelerators,
      batch,
      ...operatingFigures(architecture, accelerator, accelerators, batch, contextTokens, seconds[cell]!),
    });
  }
  return points;
}

/** The point that a user prefers who would pay sixteen times as much for twice the speed: the largest `speed⁴/dollars` (Erdil 2025, equation 45). */
export function preferredPoint<P extends OperatingFigures>(points: readonly P[]): P | undefined {
  const worth = (point: P) => point.tokensPerSecondPerRequest ** 4 / point.dollarsPerMillionTokens;
  return points.reduce<P | undefined>((best, point) => (best && worth(best) >= worth(point) ? best : point), undefined);
}
