import type { RequestHistory, Totals } from "../observe/request-history.ts";
import type { Quantity } from "../theory/catalogue/prediction.ts";

/** A latency of each request; NaN where it has none, Infinity where it never came. */
export type Latency = (history: RequestHistory) => Float64Array;

/** Parts of a long-run ratio: a mean over requests, over tokens or over time. */
export interface Sums {
  readonly top: number;
  readonly bottom: number;
}

/** What the arrivals from one to before another, or the time between them, add to both parts of a ratio. */
export type Ratio = (history: RequestHistory, from: number, to: number) => Sums;

/** Seconds between a request's tokens; NaN for a request of one token. */
function timePerOutputToken({ sojournSeconds, firstTokenSeconds, outputTokens }: RequestHistory): Float64Array {
  const seconds = new Float64Array(outputTokens.length);
  for (let request = 0; request < seconds.length; request++) {
    const sojourn = sojournSeconds[request]!;
    const decoded = outputTokens[request]! - 1;
    const isEndless = decoded > 0 && sojourn === Number.POSITIVE_INFINITY;
    seconds[request] = isEndless ? sojourn : (sojourn - firstTokenSeconds[request]!) / decoded;
  }
  return seconds;
}

/** Latencies that are measured. */
export const latencies = {
  wait: ({ waitSeconds }) => waitSeconds,
  timeToFirstToken: ({ firstTokenSeconds }) => firstTokenSeconds,
  sojourn: ({ sojournSeconds }) => sojournSeconds,
  timePerOutputToken,
} as const satisfies Record<string, Latency>;
export type LatencyName = keyof typeof latencies;
export const latencyNames = Object.keys(latencies) as LatencyName[];

/** Shorter is rounding, not waiting. */
export const noWaitSeconds = 1e-9;

/** Ratios that are measured. */
export const ratios = {
  tokenTime: perRequest(
    ({ sojournSeconds, firstTokenSeconds }, request) => sojournSeconds[request]! - firstTokenSeconds[request]!,
    ({ outputTokens }, request) => outputTokens[request]! - 1,
  ),
  waitProbability: perRequest(({ waitSeconds }, request) => (waitSeconds[request]! > noWaitSeconds ? 1 : 0)),
  servedShare: perRequest(({ sojournSeconds }, request) =>
    sojournSeconds[request]! < Number.POSITIVE_INFINITY ? 1 : 0,
  ),
  // Of those that were promised anything.
  keptShare: perRequest(
    ({ kept }, request) => kept[request]!,
    ({ kept }, request) => (Number.isNaN(kept[request]) ? 0 : 1),
  ),
  // By when they came, since what was promised to those that are still there cannot be known.
  goodputPerSecond: (history, from, to) => {
    const last = Math.min(to, history.arrivalSeconds.length - 1);
    let top = 0;
    for (let request = from; request < last; request++) if (history.kept[request] === 1) top++;
    return { top, bottom: history.arrivalSeconds[last]! - history.arrivalSeconds[from]! };
  },
  batch: perSecond("batchSeconds"),
  queue: perSecond("queueSeconds"),
  busyShare: perSecond("busySeconds"),
  requestsPerSecond: perSecond("finished"),
  // Tokens are known at the ends of steps: between two of these they are counted exactly.
  tokensPerSecond: perSecond("outputTokens", ({ totals }) => totals.landedSeconds),
} as const satisfies Record<string, Ratio>;
export type RatioName = keyof typeof ratios;

export function isLatency(quantity: Quantity | LatencyName): quantity is LatencyName {
  return quantity in latencies;
}

export function isRatio(quantity: Quantity | RatioName): quantity is RatioName {
  return quantity in ratios;
}

type OfRequest = (history: RequestHistory, request: number) => number;

/** Something that each request adds to over something else that it adds to; requests without either are left out. */
function perRequest(top: OfRequest, bottom: OfRequest = () => 1): Ratio {
  return (history, from, to) => {
    const sums = { top: 0, bottom: 0 };
    for (let request = from; request < to; request++) {
      const share = bottom(history, request);
      const value = top(history, request);
      // Of a request that was never served the difference of two endless times has no meaning.
      if (share === 0 || !Number.isFinite(value)) continue;
      sums.top += value;
      sums.bottom += share;
    }
    return sums;
  };
}

/** What a total grows by in each second between two arrivals. */
function perSecond(
  total: keyof Totals,
  clock: (history: RequestHistory) => Float64Array = ({ arrivalSeconds }) => arrivalSeconds,
): Ratio {
  return (history, from, to) => {
    const grown = history.totals[total];
    const seconds = clock(history);
    const last = Math.min(to, seconds.length - 1);
    return { top: grown[last]! - grown[from]!, bottom: seconds[last]! - seconds[from]! };
  };
}
