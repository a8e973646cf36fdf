import type { Claim, PredictedFigure, Quantity, Statistic } from "../theory/catalogue/prediction.ts";
import { quantities } from "../theory/catalogue/prediction.ts";
import type { Foretold } from "../theory/catalogue/predictions.ts";
import type { Interval } from "../theory/statistics/interval.ts";
import { holmRejections } from "../theory/statistics/multiple-comparisons.ts";
import { finite } from "./estimate.ts";
import { isLatency, noWaitSeconds } from "./measured-quantities.ts";
import { isRoundingApart, measure, type SteadyFigures, tailProbability } from "./steady-figures.ts";

/** An interval as reports show it; null for a figure that no request has. */
export interface ShownInterval {
  readonly value: number | null;
  readonly low: number | null;
  readonly high: number | null;
  readonly method: Interval["method"];
  /** Replications or batches behind it. */
  readonly groups: number;
  readonly trusted: boolean;
}

/**
 * `agrees`: covered, or on the right side of a bound; `differs`: an exact figure or bound that the runs contradict; `off`: an approximation
 * outside the interval; `not known`: nothing to hold it against.
 */
export type Verdict = "agrees" | "differs" | "off" | "not known";

/** One predicted figure beside the simulated one. */
export interface Comparison {
  readonly prediction: string;
  readonly quantity: Quantity;
  readonly statistic: Statistic;
  readonly unit: string;
  readonly claim: Claim;
  readonly predicted: number | null;
  readonly simulated: ShownInterval | null;
  /** Simulated over predicted. */
  readonly ratio: number | null;
  readonly verdict: Verdict;
  /** For `off`: predicted over simulated, less 1. */
  readonly error: number | null;
}

export function shown(interval: Interval): ShownInterval {
  const { estimate, low, high, method, groups, trusted } = interval;
  return { value: finite(estimate), low: finite(low), high: finite(high), method, groups, trusted };
}

/** A figure to be held against the runs, and how unlikely they are if it is right. */
export interface Held {
  readonly prediction: string;
  readonly figure: PredictedFigure;
  /** Undefined where the runs do not measure it. */
  readonly interval: Interval | undefined;
  /** For exact figures and bounds that can be tested. */
  readonly pValue: number | undefined;
}

/** Holds every figure of the predictions that apply against the runs. */
export function held(foretold: readonly Foretold[], measured: SteadyFigures): Held[] {
  return foretold.flatMap((one) => {
    if (!("figures" in one)) return [];
    return one.figures.map((figure) => heldOne(one.prediction.name, figure, measured));
  });
}

function heldOne(prediction: string, figure: PredictedFigure, measured: SteadyFigures): Held {
  return {
    prediction,
    figure,
    interval: measure(measured, figure.quantity, figure.statistic),
    pValue: figure.claim === "approximation" ? undefined : tailProbability(measured, figure),
  };
}

/**
 * Verdicts on all figures together: exact ones and bounds differ where Holm's procedure rejects them, approximations are off where their
 * interval does not cover them.
 */
export function compared(all: readonly Held[], familyLevel: number): Comparison[] {
  const rejected = rejections(all, familyLevel);
  return all.map((one, place) => comparison(one, rejected[place]!));
}

/** Which of the figures Holm's procedure rejects: a false alarm anywhere has at most `1 - familyLevel` probability. */
function rejections(all: readonly Held[], familyLevel: number): boolean[] {
  const tested = all.filter((one) => one.pValue !== undefined);
  const holm = holmRejections(
    tested.map((one) => one.pValue!),
    familyLevel,
  );
  const rejected = new Set(tested.filter((_, index) => holm[index]));
  return all.map((one) => rejected.has(one));
}

function comparison(one: Held, isRejected: boolean): Comparison {
  const { prediction, figure, interval } = one;
  const { quantity, statistic, claim, value } = figure;
  const verdict = verdictOn(one, isRejected);
  return {
    prediction,
    quantity,
    statistic,
    unit: quantities[quantity].unit,
    claim,
    predicted: finite(value),
    simulated: interval === undefined ? null : shown(interval),
    ratio: interval === undefined || isNothing(figure) ? null : finite(interval.estimate / value),
    verdict,
    error: verdict === "off" ? finite(value / interval!.estimate - 1) : null,
  };
}

/** A latency that is predicted to be zero but for rounding: nothing is so many times as long. */
function isNothing({ quantity, value }: PredictedFigure): boolean {
  return isLatency(quantity) && value <= noWaitSeconds;
}

function verdictOn({ figure, interval, pValue }: Held, isRejected: boolean): Verdict {
  if (pValue !== undefined) return isRejected ? "differs" : "agrees";
  if (figure.claim !== "approximation" || !interval?.trusted || !Number.isFinite(interval.estimate)) return "not known";
  const isCovered = interval.low <= figure.value && figure.value <= interval.high;
  return isCovered || isRoundingApart(interval.estimate, figure.value) ? "agrees" : "off";
}
