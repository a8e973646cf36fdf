import { type ClosedForm, closedForm, draftedClosedForm } from "../bounds/closed-form.ts";
import type { Tally } from "../observe/tally.ts";
import type { Deployment } from "../scenario/deployment.ts";

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
  mfu: (tally: Tally, elapsedSeconds: number, { peakFlopPerSecond, stepTime }: Deployment) => {
    const { prefillTokens, prefillPairs, decodeSlots, decodePairs, draftTokens } = tally.counts;
    // A sequence's drafts attend to what its own token does.
    const decodeFlop =
      stepTime.flop(decodeSlots, decodePairs) * (1 + (decodeSlots > 0 ? draftTokens / decodeSlots : 0));
    const flop = stepTime.flop(prefillTokens, prefillPairs) + decodeFlop;
    return flop / (peakFlopPerSecond * elapsedSeconds);
  },
  /** Sequences of a decode step, of all microbatches together were each as large. */
  decodeBatch: ({ counts }: Tally, _: number, { stepTime }: Deployment) =>
    (stepTime.stageWeights.length * counts.decodeSlots) / counts.decodeSteps,
  /** Cached tokens that a decoded token reads. */
  decodeContextTokens: ({ counts }: Tally) => counts.decodePairs / counts.decodeSlots,
  /** Of the sequences that steps computed, the share whose output had ended. */
  paddingShare: ({ counts }: Tally) => counts.paddingSlots / (counts.paddingSlots + counts.decodeSlots),
  queue: (tally: Tally, elapsedSeconds: number) => tally.total("queueSeconds") / elapsedSeconds,
  /** Age of the request that has waited longest for its first admission, 0 where none waits. */
  oldestWaitSeconds: (tally: Tally, elapsedSeconds: number) => tally.total("oldestWaitSeconds") / elapsedSeconds,
  batch: (tally: Tally, elapsedSeconds: number) => tally.total("batchSeconds") / elapsedSeconds,
  kvUse: (tally: Tally, elapsedSeconds: number, { kvCapacityTokens }: Deployment) =>
    tally.total("kvTokenSeconds") / elapsedSeconds / kvCapacityTokens,
} satisfies Record<string, (tally: Tally, elapsedSeconds: number, deployment: Deployment) => number>;

export type Figure = keyof typeof figures;

/** The bound of this deployment at a run's own mean decode batch and mean context; undefined where nothing decoded. */
export function boundOf(tally: Tally, deployment: Deployment): ClosedForm | undefined {
  if (tally.counts.decodeSteps === 0) return undefined;
  const { architecture, accelerator, layout, speculation } = deployment;
  const batch = figures.decodeBatch(tally, 0, deployment);
  const contextTokens = figures.decodeContextTokens(tally);
  if (speculation === undefined) return closedForm(architecture, accelerator, layout, batch, contextTokens);
  return draftedClosedForm(architecture, accelerator, layout, speculation, batch, contextTokens);
}
