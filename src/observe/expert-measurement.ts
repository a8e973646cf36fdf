import type { StepForecasts } from "../bounds/moe/step-forecast.ts";
import type { MaximumOver } from "../bounds/moe/step-moments.ts";
import type { StepTime } from "../bounds/step-time.ts";
import type { Advance, ServingEvent } from "../serving/events.ts";
import { ExpertTally, mergedExpertTallies } from "./expert-tally.ts";
import { type Fold, probe } from "./probe.ts";

/** The closed forms that each step is laid beside. */
export interface ExpertForecasts {
  readonly maximumOver: MaximumOver;
  /** Whether the experts that a rank reads are those that all touch: only then the work of a step has a closed form of its own. */
  readonly isTensorParallel: boolean;
  readonly drawn: StepForecasts;
  /** As if experts were equally popular. */
  readonly uniform: StepForecasts;
}

/** What was drawn over a run, as a whole and in stretches of equally many steps, for intervals by batch means. */
export interface ExpertMeasurement {
  readonly total: ExpertTally;
  /** Stretches, then half as many and twice as long, and so on. */
  readonly groupings: readonly (readonly ExpertTally[])[];
}

/** Measures the experts of all steps that only decode, each beside its closed form. */
export const expertMeasurement = (forecasts: ExpertForecasts) => probe(() => new ExpertMeasuring(forecasts));

const mostStretches = 40;
const shortestStretch = 16;

/** The state of the measurement. */
export class ExpertMeasuring implements Fold<ExpertMeasurement> {
  readonly #forecasts: ExpertForecasts;
  #stretches: ExpertTally[] = [];
  #current = new ExpertTally();
  #stepsOfStretch = shortestStretch;

  constructor(forecasts: ExpertForecasts) {
    this.#forecasts = forecasts;
  }

  on(event: ServingEvent): void {
    if (event.kind !== "advance" || event.steps !== 1 || event.prefilling > 0 || event.run.step === undefined) return;
    this.#record(this.#current, event, event.run.step);
    if (this.#current.steps >= this.#stepsOfStretch) this.#cut();
  }

  result(): ExpertMeasurement {
    const groupings = [this.#stretches];
    for (let pairs = pairwise(this.#stretches); pairs.length > 1; pairs = pairwise(pairs)) groupings.push(pairs);
    return { total: mergedExpertTallies([...this.#stretches, this.#current]), groupings };
  }

  #record(tally: ExpertTally, { decoding, decodePairs }: Advance, step: StepTime): void {
    const { experts } = step;
    if (experts === undefined) return;
    const { maximumOver, isTensorParallel, drawn, uniform } = this.#forecasts;
    tally.steps++;
    tally.tokens += decoding;
    tally.pairs += decodePairs;
    tally.touched += experts.touched;
    tally.reads += experts.reads;
    tally.assignments += experts.assignments;
    tally.stepSeconds += step.tripSeconds;
    tally.workSeconds += experts.workSeconds;
    tally.workOnTotalsSeconds += Math.max(step.computeSeconds, step.memorySeconds);
    tally.workByLayerSeconds += experts.perLayerSeconds;
    tally.distinctForecast += drawn.distinctMean(decoding);
    tally.distinctIfUniform += uniform.distinctMean(decoding);
    if (!isTensorParallel) return;
    const forecast = drawn.of(decoding, decodePairs, decodePairs);
    const ifUniform = uniform === drawn ? forecast : uniform.of(decoding, decodePairs, decodePairs);
    tally.workForecastSeconds += forecast[maximumOver].meanSeconds;
    tally.workAtMeanSeconds += forecast[maximumOver].atMeanSeconds;
    tally.totalsForecastSeconds += forecast.totals.meanSeconds;
    tally.perLayerForecastSeconds += forecast["per-layer"].meanSeconds;
    tally.workIfUniformSeconds += ifUniform[maximumOver].meanSeconds;
  }

  #cut(): void {
    this.#stretches.push(this.#current);
    this.#current = new ExpertTally();
    if (this.#stretches.length < mostStretches) return;
    this.#stretches = pairwise(this.#stretches);
    this.#stepsOfStretch *= 2;
  }
}

/** Neighbours as one; of an odd number the oldest is left out. */
function pairwise(stretches: readonly ExpertTally[]): ExpertTally[] {
  const odd = stretches.length % 2;
  return Array.from({ length: (stretches.length - odd) / 2 }, (_, pair) =>
    mergedExpertTallies(stretches.slice(odd + 2 * pair, odd + 2 * pair + 2)),
  );
}
