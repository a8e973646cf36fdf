import { lastValueFrom } from "rxjs";
import { SingleStep } from "../../../src/bounds/step-run.ts";
import type { BatchShape, StepTime } from "../../../src/bounds/step-time.ts";
import { gapLedger } from "../../../src/observe/ledger/gap-ledger.ts";
import type { Cause, Ledger, LedgerOptions } from "../../../src/observe/ledger/ledger.ts";
import type { ServingEvent } from "../../../src/serving/events.ts";
import { stream } from "../events.ts";

/** A step of n tokens takes 2 + n/2 seconds, and a second more for every hundred cached tokens. */
export const lineSeconds = ({ tokens, kvTokensRead }: BatchShape): number => 2 + tokens / 2 + kvTokensRead / 100;

/** One replica of one accelerator with at most four sequences, in which a full step of no context takes a second a sequence. */
export const small: LedgerOptions = {
  replicas: 1,
  layout: { tensorParallel: "1d", tensorRanks: 1, pipelineStages: 1 },
  bound: { seconds: lineSeconds },
  maxSequences: 4,
  kvCapacityTokens: 1_000,
};

/** The ledger of some events. */
export async function booked(events: readonly ServingEvent[], options: Partial<LedgerOptions> = {}): Promise<Ledger> {
  return (await lastValueFrom(stream(...events).pipe(gapLedger({ ...small, ...options })))).total;
}

/** What was booked to anything at all. */
export function causesOf({ causes }: Ledger): Partial<Record<Cause, number>> {
  return Object.fromEntries(Object.entries(causes).filter(([, seconds]) => seconds !== 0));
}

/** A step through stages of equal length, with hops between them, that ends after so many seconds. */
export function staged(
  stages: number,
  stageSeconds: number,
  hopSeconds: number,
  seconds: number,
  more: Partial<StepTime> = {},
) {
  const time: StepTime = {
    computeSeconds: 0,
    memorySeconds: 0,
    networkLatencySeconds: 0,
    networkBandwidthSeconds: 0,
    launchSeconds: 0,
    hopSeconds,
    stageSeconds,
    tripSeconds: stages * stageSeconds + (stages - 1) * hopSeconds,
    ...more,
  };
  return new SingleStep(time, seconds);
}
