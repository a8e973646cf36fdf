import { busiestAssignments, busiestReads } from "../bounds/moe/busiest-rank.ts";
import type { MoeStepTime } from "../bounds/moe/moe-step-time.ts";
import { type Occupancy, uniformOccupancy } from "../bounds/moe/occupancy.ts";
import type { ExpertMeasurement } from "../observe/expert-measurement.ts";
import type { ExpertTally } from "../observe/expert-tally.ts";
import type { FollowedExperts } from "../scenario/experts.ts";
import { type Estimate, estimate, finite } from "./estimate.ts";

/** A figure of the drawn experts, its closed form, and what it would be under uniform choice; null where there is none. */
export interface ExpertFigure {
  readonly simulated: Estimate;
  readonly closedForm: number | null;
  readonly uniform: number | null;
}

/** What the experts of the steps that only decode came to. */
export interface ExpertsReport {
  readonly level: string;
  readonly maximumOver: string;
  readonly parallel: string;
  readonly steps: number;
  /** Experts and layers with experts; ranks that share an expert layer's experts. */
  readonly experts: number;
  readonly layers: number;
  readonly ranks: number;
  readonly meanBatch: number | null;
  /** Of a layer in a step, over all ranks. */
  readonly distinctExperts: ExpertFigure;
  /** Null with tensor-parallel experts; the closed forms are those of the mean batch, to the nearest whole sequence. */
  readonly busiestRank: {
    /** Experts that it reads in a layer. */
    readonly reads: ExpertFigure;
    /** Tokens that it serves, over an even share. */
    readonly tokensOverEven: ExpertFigure;
  } | null;
  readonly stepSeconds: ExpertFigure;
  /** `max(compute, memory)` over what it is with the mean number of experts, less 1. */
  readonly jensenExcess: ExpertFigure;
  /** `max(compute, memory)` for each layer over the same on totals, less 1. */
  readonly perLayerOverTotals: ExpertFigure;
}

/** Draws up what was drawn. */
export function expertsReport(followed: FollowedExperts, measured: ExpertMeasurement): ExpertsReport {
  const { options, occupancy, layers, placements } = followed;
  const { total } = measured;
  return {
    level: options.level,
    maximumOver: options.maximumOver,
    parallel: options.parallel,
    steps: total.steps,
    experts: occupancy.routing.experts,
    layers,
    ranks: placements[0]?.ranks ?? 1,
    meanBatch: finite(total.tokens / total.steps),
    distinctExperts: {
      simulated: besideForecast(measured, (t) => t.touched / t.steps / layers, distinctForecast),
      closedForm: finite(distinctForecast(total)),
      uniform: finite(total.distinctIfUniform / total.steps),
    },
    ...(placements.length > 0 ? expertParallel(followed, measured) : tensorParallel(measured)),
  };
}

const distinctForecast = (t: ExpertTally) => t.distinctForecast / t.steps;

/**
 * A figure with the interval of its difference from its closed form: of the draws alone, since both are of the same batches
 * and contexts.
 */
function besideForecast(
  measured: ExpertMeasurement,
  figure: (tally: ExpertTally) => number,
  forecast: (tally: ExpertTally) => number,
): Estimate {
  const { halfWidth } = estimate(measured, (tally) => 1 + (figure(tally) - forecast(tally)) / forecast(tally));
  const value = finite(figure(measured.total));
  return { value, halfWidth: halfWidth === null ? null : halfWidth * forecast(measured.total) };
}

type Rest = Pick<ExpertsReport, "busiestRank" | "stepSeconds" | "jensenExcess" | "perLayerOverTotals">;

function tensorParallel(measured: ExpertMeasurement): Rest {
  const { total } = measured;
  // All of a step but its work is the same whatever its experts.
  const step = (work: (t: ExpertTally) => number) => (t: ExpertTally) =>
    (t.stepSeconds - t.workSeconds + work(t)) / t.steps;
  const forecast = step((t) => t.workForecastSeconds);
  return {
    busiestRank: null,
    stepSeconds: {
      simulated: besideForecast(measured, (t) => t.stepSeconds / t.steps, forecast),
      closedForm: finite(forecast(total)),
      uniform: finite(step((t) => t.workIfUniformSeconds)(total)),
    },
    jensenExcess: {
      simulated: excessOf(
        measured,
        (t) => t.workSeconds / t.workAtMeanSeconds,
        (t) => t.workForecastSeconds / t.workAtMeanSeconds,
      ),
      closedForm: excess(total.workForecastSeconds / total.workAtMeanSeconds),
      uniform: null,
    },
    perLayerOverTotals: {
      simulated: perLayerOverTotals(measured, (t) => t.perLayerForecastSeconds / t.totalsForecastSeconds),
      closedForm: excess(total.perLayerForecastSeconds / total.totalsForecastSeconds),
      uniform: null,
    },
  };
}

const none: Estimate = { value: null, halfWidth: null };

/** What the same experts take by layer over what they take on totals; none where only totals were drawn. */
function perLayerOverTotals(measured: ExpertMeasurement, forecast: (tally: ExpertTally) => number): Estimate {
  if (Number.isNaN(measured.total.workByLayerSeconds)) return none;
  return excessOf(measured, (t) => t.workByLayerSeconds / t.workOnTotalsSeconds, forecast);
}

/** By how much a ratio exceeds 1, the rounding of sums apart; null where it is none. */
function excess(ratio: number): number | null {
  return Math.abs(ratio - 1) < 1e-12 ? 0 : finite(ratio - 1);
}

/** The excess of a ratio that was drawn, with its interval. */
function excessOf(
  measured: ExpertMeasurement,
  ratio: (tally: ExpertTally) => number,
  forecast: (tally: ExpertTally) => number,
): Estimate {
  const { value, halfWidth } = besideForecast(measured, ratio, forecast);
  return { value: value === null ? null : excess(value), halfWidth };
}

function expertParallel(followed: FollowedExperts, measured: ExpertMeasurement): Rest {
  const { occupancy, layers, inclusion, placements } = followed;
  const { experts, active } = occupancy.routing;
  const { total } = measured;
  const ranks = placements[0]!.ranks;
  const drawn = forecastAtMean(followed, total, occupancy, inclusion);
  // With each expert in one place and all alike, where they lie makes no difference.
  const isReplicated = placements[0]!.holders.some((held) => held.length > 1);
  const alike = isReplicated ? placements : placements.map(() => placements[0]!);
  const uniform = forecastAtMean(
    { ...followed, placements: alike },
    total,
    uniformOccupancy(occupancy.routing),
    new Float64Array(experts).fill(active / experts),
  );
  return {
    busiestRank: {
      reads: {
        simulated: estimate(measured, (t) => t.reads / t.steps / layers),
        closedForm: drawn && finite(drawn.reads),
        uniform: uniform && finite(uniform.reads),
      },
      tokensOverEven: {
        simulated: estimate(measured, (t) => (t.assignments * ranks) / (t.tokens * active * layers)),
        closedForm: drawn && finite(drawn.tokensOverEven),
        uniform: uniform && finite(uniform.tokensOverEven),
      },
    },
    stepSeconds: {
      simulated: estimate(measured, (t) => t.stepSeconds / t.steps),
      closedForm: drawn && finite(drawn.time.tripSeconds),
      uniform: uniform && finite(uniform.time.tripSeconds),
    },
    jensenExcess: { simulated: none, closedForm: null, uniform: null },
    perLayerOverTotals: {
      simulated: perLayerOverTotals(measured, () => 1),
      closedForm: null,
      uniform: null,
    },
  };
}

interface ForecastAtMean {
  readonly reads: number;
  readonly tokensOverEven: number;
  readonly time: MoeStepTime;
}

/** The expected busiest ranks at the run's mean batch and context, and a step with just those loads; null where nothing decoded. */
function forecastAtMean(
  { priced, layers, placements }: FollowedExperts,
  total: ExpertTally,
  { routing, law }: Occupancy,
  inclusion: Float64Array,
): ForecastAtMean | null {
  if (total.steps === 0) return null;
  const batch = Math.round(total.tokens / total.steps);
  const pairs = total.pairs / total.steps;
  const distinct = law(batch);
  const busiest = new Map(
    [...new Set(placements)].map((placement) => [
      placement,
      {
        reads: busiestReads(placement, inclusion, batch, distinct).expected,
        assignments: busiestAssignments(placement, inclusion, batch).expected,
      },
    ]),
  );
  const reads = placements.map((placement) => busiest.get(placement)!.reads);
  const assignments = placements.map((placement) => busiest.get(placement)!.assignments);
  const sum = (values: readonly number[]) => values.reduce((all, value) => all + value, 0);
  const loads = {
    distinctTotal: sum(reads),
    assignmentsTotal: sum(assignments),
    distinct: reads,
    assignments,
  };
  const shape = { tokens: batch, attentionPairs: pairs, kvTokensRead: pairs, sequences: batch, outputs: batch };
  return {
    reads: loads.distinctTotal / layers,
    tokensOverEven: (loads.assignmentsTotal * placements[0]!.ranks) / (batch * routing.active * layers),
    time: priced.time(shape, loads),
  };
}
