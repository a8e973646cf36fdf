import type { RequestHistory } from "../observe/request-history.ts";
import type { Quantity, Statistic } from "../theory/catalogue/prediction.ts";
import type { Interval } from "../theory/statistics/interval.ts";
import { type Latency, meanOf, quantileOf, type Ratio, ratioOf, varianceOf } from "./steady-figures.ts";
import type { SteadyWindow } from "./steady-window.ts";

/** Seconds between a request's tokens; NaN for a request of one token. */
export const timePerOutputToken: Latency = (history) => {
  const { sojournSeconds, firstTokenSeconds, outputTokens } = history;
  return Float64Array.from(sojournSeconds, (sojourn, request) => {
    if (outputTokens[request] === 1) return Number.NaN;
    if (sojourn === Number.POSITIVE_INFINITY) return sojourn;
    return (sojourn - firstTokenSeconds[request]!) / (outputTokens[request]! - 1);
  });
};

export const latencies = {
  wait: ({ waitSeconds }) => waitSeconds,
  timeToFirstToken: ({ firstTokenSeconds }) => firstTokenSeconds,
  sojourn: ({ sojournSeconds }) => sojournSeconds,
} satisfies Partial<Record<Quantity, Latency>>;

/** Shorter is rounding, not waiting. */
const noWaitSeconds = 1e-9;

export const ratios = {
  tokenTime: {
    kind: "per request",
    top: ({ sojournSeconds, firstTokenSeconds }, request) => sojournSeconds[request]! - firstTokenSeconds[request]!,
    bottom: ({ outputTokens }, request) => outputTokens[request]! - 1,
  },
  waitProbability: {
    kind: "per request",
    top: ({ waitSeconds }, request) => (waitSeconds[request]! > noWaitSeconds ? 1 : 0),
    bottom: () => 1,
  },
  batch: { kind: "per second", total: "batchSeconds" },
  queue: { kind: "per second", total: "queueSeconds" },
  busyShare: { kind: "per second", total: "busySeconds" },
  requestsPerSecond: { kind: "per second", total: "finished" },
  tokensPerSecond: { kind: "per second", total: "finishedTokens" },
} satisfies Partial<Record<Quantity, Ratio>>;

const probabilities = { p50: 0.5, p90: 0.9, p99: 0.99 } as const;

/** What a run's steady part says of a predicted quantity; undefined for what a run does not measure. */
export function measure(
  windows: readonly SteadyWindow[],
  quantity: Quantity,
  statistic: Statistic,
  level: number,
): Interval | undefined {
  if (quantity in latencies) {
    const latency: Latency = latencies[quantity as keyof typeof latencies];
    if (statistic === "mean") return meanOf(windows, latency, level);
    if (statistic === "variance") return varianceOf(windows, latency, level);
    return quantileOf(windows, latency, probabilities[statistic], level);
  }
  if (statistic !== "mean" || !(quantity in ratios)) return undefined;
  return ratioOf(windows, ratios[quantity as keyof typeof ratios], level);
}

/** Share of all requests of a window that were served at all. */
export const servedShare: Ratio = {
  kind: "per request",
  top: ({ sojournSeconds }: RequestHistory, request) => (sojournSeconds[request]! < Number.POSITIVE_INFINITY ? 1 : 0),
  bottom: () => 1,
};
