import type { Measurement } from "../observe/measurement.ts";
import type { Bubbles } from "../serving/bubbles.ts";
import { finite } from "./estimate.ts";

type Shares<T> = { readonly [Name in keyof T]: number | null };

/** What a pipeline stage did, as shares of the simulated time. */
export interface StageReport {
  readonly compute: number | null;
  /** Computing, or exchanging activations with a neighbour. */
  readonly busy: number | null;
  /** Of one stage of several: computing nothing although its replica had work, by cause. */
  readonly bubbles?: Shares<Bubbles>;
}

/** Every stage of every replica. */
export function stageReports({ stages, endSeconds }: Measurement): readonly StageReport[] {
  const share = (seconds: number) => finite(seconds / endSeconds);
  return stages.flatMap((ofReplica) =>
    ofReplica.map(({ computeSeconds, busySeconds, bubbles }) => ({
      compute: share(computeSeconds),
      busy: share(busySeconds),
      ...(ofReplica.length > 1 && { bubbles: sharesOf(bubbles, share) }),
    })),
  );
}

function sharesOf(bubbles: Bubbles, share: (seconds: number) => number | null): Shares<Bubbles> {
  return Object.fromEntries(Object.entries(bubbles).map(([cause, seconds]) => [cause, share(seconds)])) as never;
}
