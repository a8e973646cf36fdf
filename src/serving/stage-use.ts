import type { Bubbles } from "./bubbles.ts";

/** What one stage did, in seconds. */
export interface StageUse {
  readonly computeSeconds: number;
  /** Computing, or exchanging activations with a neighbour. */
  readonly busySeconds: number;
  /** Computing nothing although the replica had work. */
  readonly bubbles: Bubbles;
}
