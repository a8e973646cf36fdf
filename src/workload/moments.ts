import { mixedMoments, type OfferedLoad } from "./request-moments.ts";
import type { Traffic } from "./traffic.ts";

/** What a workload asks for on average, by calculation: the rates of its classes added, their lengths mixed by rate. */
export function offeredLoad(classes: readonly Traffic[]): OfferedLoad {
  const loads = classes.map(({ process, lengths, rows }) => process.offered({ lengths: lengths?.moments(), rows }));
  if (loads.length === 1) return loads[0]!;
  const kinds = loads.flatMap(({ requestsPerSecond: weight, lengths }) =>
    weight === undefined || lengths === undefined ? [] : [{ weight, lengths }],
  );
  if (kinds.length < loads.length) return { requestsPerSecond: undefined, lengths: undefined };
  return { requestsPerSecond: kinds.reduce((sum, { weight }) => sum + weight, 0), lengths: mixedMoments(kinds) };
}

/** The rate alone, which takes no summing over lengths. */
export function offeredRate(classes: readonly Traffic[]): number | undefined {
  const rates = classes.map(({ process, rows }) => process.offered({ lengths: undefined, rows }).requestsPerSecond);
  return rates.reduce<number | undefined>(
    (sum, rate) => (sum === undefined || rate === undefined ? undefined : sum + rate),
    0,
  );
}
