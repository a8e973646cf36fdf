import type { DrawnLoads } from "./step-cost.ts";

/** What the experts of one step came to, summed over expert layers. */
export interface StepExperts {
  /** New tokens of the step. */
  readonly tokens: number;
  /** Distinct experts touched by all ranks together. */
  readonly touched: number;
  /** Experts read and tokens served: over all ranks, or by each layer's busiest of expert-parallel ranks. */
  readonly reads: number;
  readonly assignments: number;
  /** The step's `max(compute, memory)` part, and what it is if taken for each layer; not a number where only totals were drawn. */
  readonly workSeconds: number;
  readonly perLayerSeconds: number;
  /** By layer, those of the latest step of the replica: overwritten by its next. */
  readonly latest: DrawnLoads;
}
