import type { ServingShape } from "./shape.ts";

/** What can be predicted, with its unit and meaning. */
export const quantities = {
  wait: { unit: "s", meaning: "from arrival to the start of the first step" },
  timeToFirstToken: { unit: "s", meaning: "from arrival to the end of the prompt's last step" },
  sojourn: { unit: "s", meaning: "from arrival to the last token" },
  tokenTime: { unit: "s", meaning: "between a request's tokens, over all tokens" },
  batch: { unit: "sequences", meaning: "in one replica's batch, over time, idle time included" },
  batchStarted: { unit: "sequences", meaning: "in a batch when it starts, over batches" },
  queue: { unit: "requests", meaning: "waiting before one replica, or before all where they share a queue, over time" },
  busyShare: { unit: "1", meaning: "share of time that a replica runs a step" },
  waitProbability: { unit: "1", meaning: "share of requests that wait" },
  requestsPerSecond: { unit: "1/s", meaning: "completed by all replicas" },
  tokensPerSecond: { unit: "1/s", meaning: "output tokens of all replicas" },
  load: { unit: "1", meaning: "offered requests over capacity" },
} as const;

/** Name of a predicted quantity. */
export type Quantity = keyof typeof quantities;

/** What a figure says of its quantity. */
export type Statistic = "mean" | "variance" | "p50" | "p90" | "p99";

/** How a figure relates to the truth under the prediction's assumptions. */
export type Claim = "exact" | "approximation" | "lower bound" | "upper bound";

/** One predicted figure, in the unit of its quantity. */
export interface PredictedFigure {
  readonly quantity: Quantity;
  readonly statistic: Statistic;
  readonly value: number;
  readonly claim: Claim;
}

/** A prediction under queueing, with where it comes from and when it holds. */
export interface Prediction {
  readonly name: string;
  readonly source: string;
  readonly assumptions: string;
  /** `true`, or in a few words why the prediction says nothing of this shape. */
  readonly applies: (shape: ServingShape) => true | string;
  /** The figures of a shape to which the prediction applies. */
  readonly predict: (shape: ServingShape) => readonly PredictedFigure[];
}

/** One thing that must hold, and what to say when it does not. */
export type Requirement = readonly [holds: boolean, reason: string];

/** `true`, or the reason of the first requirement that does not hold. Later ones are not asked then. */
export function unmet(...requirements: readonly (Requirement | (() => Requirement))[]): true | string {
  for (const requirement of requirements) {
    const [holds, reason] = typeof requirement === "function" ? requirement() : requirement;
    if (!holds) return reason;
  }
  return true;
}

/** Means of several quantities under one claim. */
export function means(claim: Claim, values: Partial<Record<Quantity, number>>): PredictedFigure[] {
  return Object.entries(values).map(([quantity, value]) => ({
    quantity: quantity as Quantity,
    statistic: "mean",
    value,
    claim,
  }));
}

const percentiles = [
  ["p50", 0.5],
  ["p90", 0.9],
  ["p99", 0.99],
] as const;

/** Median, 90th and 99th percentile of one quantity under one claim. */
export function quantiles(
  claim: Claim,
  quantity: Quantity,
  quantile: (probability: number) => number,
): PredictedFigure[] {
  return percentiles.map(([statistic, probability]) => ({ quantity, statistic, value: quantile(probability), claim }));
}
