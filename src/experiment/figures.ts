import { type ClosedForm, closedForm, draftedClosedForm } from "../bounds/closed-form.ts";
import type { StepTimeModel } from "../bounds/step-time.ts";
import type { Tally } from "../observe/tally.ts";
import type { Deployment } from "../scenario/deployment.ts";
import type { ReplicaDeployment } from "../scenario/replica-deployment.ts";

/** What a stretch of a run comes to: each a function of its tally alone, so that sections give intervals. NaN where nothing was measured. */
export const figures = {
  offeredPerSecond: ({ counts }: Tally, elapsedSeconds: number) => counts.offered / elapsedSeconds,
  rejectedShare: ({ counts }: Tally) => counts.rejected / counts.offered,
  requestsPerSecond: ({ counts }: Tally, elapsedSeconds: number) => counts.finished / elapsedSeconds,
  outputTokensPerSecond: ({ counts }: Tally, elapsedSeconds: number) => counts.outputTokens / elapsedSeconds,
  /** Tokens that a request gains each second while it decodes: the reciprocal of the mean ITL over all tokens. */
  tokensPerSecondPerRequest: ({ latency }: Tally) => 1 / latency.itlSeconds.mean,
  dollarsPerMillionTokens: ({ counts }: Tally, elapsedSeconds: number, { dollarsPerHour }: Deployment) =>
    (1e6 * dollarsPerHour * elapsedSeconds) / 3600 / counts.outputTokens,
  mfu: ({ counts }: Tally, elapsedSeconds: number, { peakFlopPerSecond, stepTime }: Deployment) =>
    flopOf(counts, stepTime) / (peakFlopPerSecond * elapsedSeconds),
  /** Sequences of a decode step of one replica, of all its microbatches together were each as large. */
  decodeBatch: ({ counts }: Tally, _: number, { stepTime }: Deployment) =>
    (stepTime.stageWeights.length * counts.decodeSlots) / counts.decodeSteps,
  /** Cached tokens that a decoded token reads. */
  decodeContextTokens: ({ counts }: Tally) => counts.decodePairs / counts.decodeSlots,
  /** Of the sequences that steps computed, the share whose output had ended. */
  paddingShare: ({ counts }: Tally) => counts.paddingSlots / (counts.paddingSlots + counts.decodeSlots),
  /** Of the tokens that were to be read, the share that a KV cache held already; NaN where none keeps prompts that start alike. */
  prefixHitShare: ({ counts }: Tally, _: number, { pools }: Deployment) =>
    pools.some(({ replicas }) => replicas.some(({ kvCache }) => kvCache.prefixSharing))
      ? counts.cachedTokens / (counts.cachedTokens + counts.prefillTokens)
      : Number.NaN,
  queue: (tally: Tally, elapsedSeconds: number) => tally.total("queueSeconds") / elapsedSeconds,
  /** Age of the request that has waited longest for its first admission, 0 where none waits. */
  oldestWaitSeconds: (tally: Tally, elapsedSeconds: number) => tally.total("oldestWaitSeconds") / elapsedSeconds,
  batch: (tally: Tally, elapsedSeconds: number) => tally.total("batchSeconds") / elapsedSeconds,
  kvUse: (tally: Tally, elapsedSeconds: number, { kvCapacityTokens }: Deployment) =>
    tally.total("kvTokenSeconds") / elapsedSeconds / kvCapacityTokens,
} satisfies Record<string, (tally: Tally, elapsedSeconds: number, deployment: Deployment) => number>;

export type Figure = keyof typeof figures;

/** What steps read and decoded, in tokens and pairs of attention. */
export interface Work {
  readonly prefillTokens: number;
  readonly prefillPairs: number;
  /** Σ over decode steps of their sequences, and of their drafts. */
  readonly decodeSlots: number;
  readonly draftTokens: number;
  readonly decodePairs: number;
}

/** Arithmetic of all steps together. */
export function flopOf(work: Work, stepTime: StepTimeModel): number {
  const { prefillTokens, prefillPairs, decodeSlots, decodePairs, draftTokens } = work;
  // A sequence's drafts attend to what its own token does.
  const decodeFlop = stepTime.flop(decodeSlots, decodePairs) * (1 + (decodeSlots > 0 ? draftTokens / decodeSlots : 0));
  return stepTime.flop(prefillTokens, prefillPairs) + decodeFlop;
}

/**
 * The bound of a replica at a run's own mean decode batch and mean context; undefined where nothing decoded, or where replicas
 * that decode differ.
 */
export function boundOf(tally: Tally, deployment: Deployment): ClosedForm | undefined {
  if (tally.counts.decodeSteps === 0 || !deployment.decodesAlike) return undefined;
  return boundAt(deployment, figures.decodeBatch(tally, 0, deployment), figures.decodeContextTokens(tally));
}

/** The bound of a replica at some batch and context. */
export function boundAt(replica: ReplicaDeployment, batch: number, contextTokens: number): ClosedForm {
  const { architecture, accelerator, layout, speculation } = replica;
  if (speculation === undefined) return closedForm(architecture, accelerator, layout, batch, contextTokens);
  return draftedClosedForm(architecture, accelerator, layout, speculation, batch, contextTokens);
}
