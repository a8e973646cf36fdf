import type { CurveReport, MeasuredPoint } from "../experiment/curve.ts";

/** Measured figures by the names of their columns, each with its interval beside it. */
const measuredColumns: Readonly<Record<string, keyof MeasuredPoint>> = {
  speed_tokens_per_second: "speedTokensPerSecond",
  ttft_mean_seconds: "meanTtftSeconds",
  ttft_p99_seconds: "p99TtftSeconds",
  tpot_mean_seconds: "meanTpotSeconds",
  output_tokens_per_second: "outputTokensPerSecond",
  dollars_per_million_tokens: "dollarsPerMillionTokens",
  goodput_requests_per_second: "goodputPerSecond",
  kept_share: "keptShare",
};

/** One line for each load; empty where there is no such figure. */
export function curveCsv({ points }: CurveReport): string {
  const header = [
    "load",
    "offered_requests_per_second",
    "stability",
    "replications",
    "reached",
    ...Object.keys(measuredColumns).flatMap((name) => [name, `${name}_low`, `${name}_high`]),
    "predicted_speed_tokens_per_second",
    "predicted_ttft_mean_seconds",
    "predicted_ttft_p99_seconds",
    "predicted_dollars_per_million_tokens",
    "frontier_dollars_per_million_tokens",
    "share_of_frontier",
  ];
  const lines = points.map(
    ({ load, requestsPerSecond, stability, replications, reached, measured, predicted, frontier }) => [
      load,
      requestsPerSecond,
      stability,
      replications,
      reached,
      ...Object.values(measuredColumns).flatMap((name) => {
        const interval = measured[name];
        return [interval?.value, interval?.low, interval?.high];
      }),
      predicted.speedTokensPerSecond,
      predicted.meanTtftSeconds,
      predicted.p99TtftSeconds,
      predicted.dollarsPerMillionTokens,
      frontier?.dollarsPerMillionTokens,
      frontier?.share,
    ],
  );
  return `${[header, ...lines].map((line) => line.map((value) => value ?? "").join(",")).join("\n")}\n`;
}
