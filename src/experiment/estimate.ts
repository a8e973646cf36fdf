import { independenceTest } from "../theory/statistics/autocorrelation.ts";
import { studentInterval } from "../theory/statistics/interval.ts";

/** An estimate from one run, with the half-width of its 95 % confidence interval by batch means; null where there is none. */
export interface Estimate {
  readonly value: number | null;
  /** Null where the run is too short for an interval, or where its sections are still correlated. */
  readonly halfWidth: number | null;
}

/** What was measured over a whole run and over stretches of it: many short ones, then fewer and longer ones. */
export interface Measured<Part> {
  readonly total: Part;
  readonly groupings: readonly (readonly Part[])[];
}

export const confidenceLevel = 0.95;

/** Fewer sections say too little about a run's own noise. */
const leastSections = 10;

/** Sections whose neighbours resemble each other at this significance give no honest interval. */
const significance = 0.1;

/** A figure that is the same in all sections but for the rounding of sums has no noise. */
const roundingError = 1e-9;

/**
 * Estimates a figure over the whole run; its interval comes from the same figure of each section, warm-up included. The
 * shortest sections that pass for independent are taken (von Neumann's test, as `theory/statistics/batch-means.ts` does).
 */
export function estimate<Part>({ total, groupings }: Measured<Part>, figure: (part: Part) => number): Estimate {
  const value = finite(figure(total));
  if (value === null) return { value, halfWidth: null };
  for (const sections of groupings) {
    if (sections.length < leastSections) break;
    const values = sections.map(figure);
    if (!values.every((one) => Number.isFinite(one))) continue;
    const { low, high } = studentInterval(values, confidenceLevel, "batch means");
    const halfWidth = (high - low) / 2;
    if (halfWidth <= roundingError * Math.abs(value)) {
      // What sections agree on and the run does not lies in a stretch that none of them covers: they know nothing of it.
      const agrees = Math.abs((low + high) / 2 - value) <= roundingError * Math.abs(value);
      return { value, halfWidth: agrees ? 0 : null };
    }
    if (independenceTest(values).pValue > significance) return { value, halfWidth };
  }
  return { value, halfWidth: null };
}

/** What comes but once in a run, such as its warm-up, has no interval from stretches of it. */
export function withoutInterval({ value }: Estimate): Estimate {
  return { value, halfWidth: null };
}

/** JSON knows no NaN or Infinity: what was not measured is null. */
export function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
