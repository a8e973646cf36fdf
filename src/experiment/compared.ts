import { type Estimate, finite } from "./estimate.ts";

/** A figure of a run beside the closed form at the run's own batch and context. */
export interface Compared {
  readonly simulated: Estimate;
  readonly closedForm: number | null;
  /** Simulated over closed form. */
  readonly ratio: number | null;
}

/** A figure of a run beside that of a closed form, where there is one. */
export function comparedWith(simulated: Estimate, closedForm: number | undefined): Compared {
  const bound = closedForm === undefined ? null : finite(closedForm);
  const ratio = simulated.value === null || bound === null ? null : finite(simulated.value / bound);
  return { simulated, closedForm: bound, ratio };
}
