import { deploymentOf } from "../scenario/deployment.ts";
import { offering } from "../scenario/offered-load.ts";
import type { Scenario } from "../scenario/schema.ts";
import { trafficClasses } from "../scenario/workload-schema.ts";
import type { Quantity } from "../theory/catalogue/prediction.ts";
import type { Foretold, Told } from "../theory/catalogue/predictions.ts";
import type { Interval } from "../theory/statistics/interval.ts";
import { measuredCapacity } from "./capacity.ts";
import { foretellScenario } from "./check.ts";
import { type ShownInterval, shown } from "./comparison.ts";
import { type FrontierPrice, frontierPrices } from "./frontier-price.ts";
import { loadReport } from "./load-report.ts";
import type { Running } from "./replications.ts";
import type { SteadyFigures } from "./steady-figures.ts";
import { type Precision, type Progress, study } from "./study.ts";

/** What a deployment makes of one offered load. */
export interface LoadPoint {
  /** Offered requests over capacity. */
  readonly load: number;
  readonly requestsPerSecond: number;
  /** `unstable`: at or above capacity, or the backlog grew from the start of its runs to the end: there is no long run. */
  readonly stability: "stationary" | "unstable";
  readonly replications: number;
  /** Whether the wanted half-widths were reached; true for an unstable point, of which none are wanted. */
  readonly reached: boolean;
  readonly measured: MeasuredPoint;
  readonly predicted: PredictedPoint;
  readonly frontier: FrontierPoint | null;
}

export interface MeasuredPoint {
  /** Tokens that a request gains each second while it decodes. */
  readonly speedTokensPerSecond: ShownInterval;
  readonly meanTpotSeconds: ShownInterval;
  readonly outputTokensPerSecond: ShownInterval;
  readonly dollarsPerMillionTokens: ShownInterval;
  /** Null where the point is unstable. */
  readonly meanTtftSeconds: ShownInterval | null;
  readonly p99TtftSeconds: ShownInterval | null;
  /** Null where nothing was promised to any request, or the point is unstable. */
  readonly goodputPerSecond: ShownInterval | null;
  readonly keptShare: ShownInterval | null;
}

/** Figures of the first prediction that gives each, exact ones first; null where none does. */
export interface PredictedPoint {
  readonly speedTokensPerSecond: number | null;
  readonly meanTtftSeconds: number | null;
  readonly p99TtftSeconds: number | null;
  readonly dollarsPerMillionTokens: number | null;
  /** Names of the predictions. */
  readonly by: readonly string[];
}

/** The cheapest deployment of this model and accelerator, of any size, that is as fast as the runs were. */
export interface FrontierPoint extends FrontierPrice {
  /** Its dollars over those of the runs: how much of the frontier is left. */
  readonly share: number | null;
}

export interface CurveReport {
  readonly scenario: string;
  readonly seed: number | string;
  readonly model: string;
  readonly accelerator: string;
  readonly accelerators: number;
  readonly confidenceLevel: number;
  readonly targets: { readonly meanTpot: number; readonly p99Ttft: number };
  readonly capacity: {
    /** Requests that ended each second while more came than could be served. */
    readonly requestsPerSecond: ShownInterval;
    readonly closedFormRequestsPerSecond: number;
    readonly offeredPerSecond: number;
    readonly statedPerSecond: number;
  };
  /** Mean cached tokens that a decoded token reads: the context of the frontier. */
  readonly contextTokens: number;
  readonly points: readonly LoadPoint[];
  readonly frontier: readonly FrontierPrice[];
}

export interface CurveOptions extends Running {
  readonly loads: readonly number[];
  readonly precision: Precision;
  readonly onProgress?: (what: string, progress: Progress) => void;
}

/** Runs a scenario at several loads, as shares of its deployment's own measured capacity. */
export async function curve(scenario: Scenario, options: CurveOptions): Promise<CurveReport> {
  const { loads, precision, onProgress, ...running } = options;
  const { level, meanTpot, p99Ttft } = precision;
  const deployment = deploymentOf(scenario);
  const capacity = await measuredCapacity(scenario, level, running);
  const { contextTokens, meanOutputTokens } = loadReport(scenario, running.places);
  const dollarsOf = (tokensPerSecond: number) => (1e6 * deployment.dollarsPerHour) / 3600 / tokensPerSecond;
  const prices = frontierPrices(deployment, contextTokens);
  const points: LoadPoint[] = [];
  for (const load of loads) {
    const requestsPerSecond = load * capacity.requestsPerSecond.estimate;
    const offered = offering(scenario, requestsPerSecond / capacity.statedPerSecond);
    const tell = (progress: Progress) => onProgress?.(`load ${load}`, progress);
    const wanted = load < 1 ? precision : asOverloaded(precision);
    const { runs, figures, verdict, ended } = await study(offered, wanted, running, tell);
    const isUnstable = verdict === "unstable" || load >= 1;
    const measured = measuredPoint(scenario, figures, isUnstable, dollarsOf);
    const predicted = predictedPoint(
      foretellScenario(offered, running),
      dollarsOf(requestsPerSecond * meanOutputTokens),
    );
    points.push({
      load,
      requestsPerSecond,
      stability: isUnstable ? "unstable" : "stationary",
      replications: runs.length,
      reached: isUnstable || ended !== "budget spent",
      measured,
      predicted,
      frontier: frontierPoint(prices, measured),
    });
  }
  return {
    scenario: scenario.name,
    seed: scenario.run.seed,
    model: deployment.architecture.name,
    accelerator: deployment.accelerator.name,
    accelerators: deployment.accelerators,
    confidenceLevel: level,
    targets: { meanTpot, p99Ttft },
    capacity: { ...capacity, requestsPerSecond: shown(capacity.requestsPerSecond) },
    contextTokens,
    points,
    frontier: prices,
  };
}

/** Of an overloaded point nothing but its rates is wanted, and those differ little from run to run. */
function asOverloaded(precision: Precision): Precision {
  const { minimum } = precision.budget;
  return { ...precision, budget: { minimum, maximum: minimum } };
}

function measuredPoint(
  { workload }: Scenario,
  { mean, quantile, ratio }: SteadyFigures,
  isUnstable: boolean,
  dollarsOf: (tokensPerSecond: number) => number,
): MeasuredPoint {
  const tokens = ratio("tokensPerSecond");
  const isPromised = trafficClasses(workload).some(({ slo }) => slo !== undefined);
  const kept = isPromised && !isUnstable;
  return {
    speedTokensPerSecond: shown(inverse(ratio("tokenTime"), (seconds) => 1 / seconds)),
    meanTpotSeconds: shown(mean("timePerOutputToken")),
    outputTokensPerSecond: shown(tokens),
    dollarsPerMillionTokens: shown(inverse(tokens, dollarsOf)),
    meanTtftSeconds: isUnstable ? null : shown(mean("timeToFirstToken")),
    p99TtftSeconds: isUnstable ? null : shown(quantile("timeToFirstToken", 0.99)),
    goodputPerSecond: kept ? shown(ratio("goodputPerSecond")) : null,
    keptShare: kept ? shown(ratio("keptShare")) : null,
  };
}

/** The interval of a falling function of what an interval is of. */
function inverse(interval: Interval, of: (value: number) => number): Interval {
  // A rate whose interval reaches down to nothing may cost anything.
  const highest = interval.low > 0 ? of(interval.low) : Number.POSITIVE_INFINITY;
  return { ...interval, estimate: of(interval.estimate), low: of(interval.high), high: highest };
}

/** @param dollars what a million tokens cost where as many are made as are asked for */
function predictedPoint(foretold: readonly Foretold[], dollars: number): PredictedPoint {
  const told = foretold.filter((one): one is Told => "figures" in one);
  const used = new Set<string>();
  const first = (quantity: Quantity, statistic: "mean" | "p99" = "mean"): number | null => {
    for (const claim of ["exact", "approximation"] as const) {
      for (const { prediction, figures } of told) {
        const found = figures.find(
          (one) => one.quantity === quantity && one.statistic === statistic && one.claim === claim,
        );
        if (found === undefined || !Number.isFinite(found.value)) continue;
        used.add(prediction.name);
        return found.value;
      }
    }
    return null;
  };
  const tokenSeconds = first("tokenTime");
  const meanTtftSeconds = first("timeToFirstToken");
  const p99TtftSeconds = first("timeToFirstToken", "p99");
  return {
    speedTokensPerSecond: tokenSeconds === null ? null : 1 / tokenSeconds,
    meanTtftSeconds,
    p99TtftSeconds,
    // What is foretold keeps up.
    dollarsPerMillionTokens: tokenSeconds === null ? null : dollars,
    by: [...used],
  };
}

/** The cheapest of the frontier's deployments that is at least as fast as the runs. */
function frontierPoint(prices: readonly FrontierPrice[], measured: MeasuredPoint): FrontierPoint | null {
  const speed = measured.speedTokensPerSecond.value;
  const dollars = measured.dollarsPerMillionTokens.value;
  if (speed === null) return null;
  const fastEnough = prices.filter(({ tokensPerSecondPerRequest }) => tokensPerSecondPerRequest >= speed);
  const cheapest = fastEnough.at(-1);
  if (cheapest === undefined) return null;
  return { ...cheapest, share: dollars === null ? null : cheapest.dollarsPerMillionTokens / dollars };
}
