import { lastValueFrom } from "rxjs";
import type { StepExperts } from "../../../src/bounds/moe/step-experts.ts";
import { SingleStep, type StepRun } from "../../../src/bounds/step-run.ts";
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

/** A step through stages of equal length, with hops between them, that waits so long for each stage but the first. */
export function staged(stages: number, stageSeconds: number, hopSeconds: number, ...waits: readonly number[]): StepRun {
  const tripSeconds = stages * stageSeconds + (stages - 1) * hopSeconds;
  const seconds = waits.reduce((sum, wait) => sum + wait, tripSeconds);
  return new SingleStep({ ...nothing, hopSeconds, stageSeconds, tripSeconds }, seconds, stageSeconds, [0, ...waits]);
}

/** A step of one stage whose experts touched so many in all. */
export function withExperts(seconds: number, touched: number): StepRun {
  const experts = { touched } as StepExperts;
  return new SingleStep({ ...nothing, stageSeconds: seconds, tripSeconds: seconds, experts }, seconds);
}

const nothing: StepTime = {
  computeSeconds: 0,
  memorySeconds: 0,
  networkLatencySeconds: 0,
  networkBandwidthSeconds: 0,
  launchSeconds: 0,
  hopSeconds: 0,
  stageSeconds: 0,
  tripSeconds: 0,
};
