import { type BatchingFigures, type BatchingQueue, cappedBatching } from "./capped-batching.ts";
import { generalServer, type ServiceMoments } from "./general-server.ts";

/** Figures of continuous batching whose replica also reads prompts. */
export interface InterferenceFigures {
  /** The decoding batch with its steps stretched by the prompts. */
  readonly decode: BatchingFigures;
  /** Mean time from arrival to the end of the prompt's last step. */
  readonly meanFirstTokenSeconds: number;
  /** Share of time given to prompts. */
  readonly promptShare: number;
}

/**
 * Prefill-first: prompts run alone and before every decode step. Seen by prompts this is M/G/1 whose server may be away for
 * the rest of one decode step: `E[W] = λE[P²]/(2(1-ρ_p)) + P(decoding | no prompt)·E[step left]` (vacation decomposition,
 * Fuhrmann and Cooper 1985), with the step left half of the time-weighted step, `t(n)/2`. Seen by decodes the replica is gone
 * for `ρ_p = λE[P]` of the time: `t'(n) = t(n)/(1-ρ_p)` in the birth–death chain (reduced service rate for the lower priority,
 * Jaiswal 1968).
 *
 * Approximate: stalls come in whole prompts, not evenly; a full batch holds prompts back; prompts of one step are read one
 * after another.
 *
 * @param queue decode steps after the prompt's
 * @param prompt moments of the time that reading one prompt takes alone
 */
export function prefillFirst(queue: BatchingQueue, prompt: ServiceMoments): InterferenceFigures {
  const promptShare = queue.arrivalsPerSecond * prompt.mean;
  const server = generalServer(queue.arrivalsPerSecond, prompt);
  const decode = cappedBatching({ ...queue, stepSeconds: (batch) => queue.stepSeconds(batch) / (1 - promptShare) });
  const wait = decode.meanWaitSeconds + server.meanWaitSeconds + meanStepLeft(decode, queue.stepSeconds);
  return { decode, meanFirstTokenSeconds: wait + prompt.mean, promptShare };
}

/** A prompt read in chunks that ride along with decode steps. */
export interface ChunkedPrompt {
  /** Steps that one prompt takes: mean and variance of the number of chunks. */
  readonly chunks: { readonly mean: number; readonly variance: number };
  /** Seconds of a step that advances `batch` decodes and reads one chunk. */
  readonly chunkStepSeconds: (batch: number) => number;
}

/**
 * Chunked prefill: every step advances the decodes, and reads one chunk if a prompt waits. A share `φ` of steps carries a
 * chunk, where the chunks brought each second are read: `φ = λ·c·t'`, `t' = (1-φ)·t + φ·t_c`, so that
 * `t'(n) = t(n)/(1 - λ·c·(t_c(n) - t(n)))` in the birth–death chain. Prompts form M/G/1 with services of `c` chunk steps at the
 * mean batch, after what is left of the step in progress.
 *
 * Approximate for the reasons of `prefillFirst`, and since chunk steps are taken at the mean batch.
 */
export function chunkedPrefill(queue: BatchingQueue, prompt: ChunkedPrompt): InterferenceFigures {
  const { decode, service } = besidePrompts(queue, prompt);
  const server = generalServer(queue.arrivalsPerSecond, service);
  const wait = decode.meanWaitSeconds + server.meanWaitSeconds + meanStepLeft(decode, queue.stepSeconds);
  return { decode, meanFirstTokenSeconds: wait + service.mean, promptShare: server.utilisation };
}

/** Load that prompts put on the one chunk that each step can carry; at 1 and above their queue grows without end. */
export function chunkLoad(queue: BatchingQueue, prompt: ChunkedPrompt): number {
  return queue.arrivalsPerSecond * besidePrompts(queue, prompt).service.mean;
}

function besidePrompts(queue: BatchingQueue, { chunks, chunkStepSeconds }: ChunkedPrompt) {
  const { arrivalsPerSecond, stepSeconds } = queue;
  const chunksPerSecond = arrivalsPerSecond * chunks.mean;
  const stretched = (batch: number) => {
    const spared = 1 - chunksPerSecond * (chunkStepSeconds(batch) - stepSeconds(batch));
    return spared > 0 ? stepSeconds(batch) / spared : Number.POSITIVE_INFINITY;
  };
  const decode = cappedBatching({ ...queue, stepSeconds: stretched });
  const chunkStep = chunkStepSeconds(decode.meanBatch);
  return { decode, service: { mean: chunks.mean * chunkStep, variance: chunks.variance * chunkStep ** 2 } };
}

/** Mean rest of the decode step that an arrival finds, zero when it finds none. */
function meanStepLeft({ batch }: BatchingFigures, stepSeconds: (batch: number) => number): number {
  return batch.reduce((sum, p, size) => (size === 0 ? sum : sum + (p * stepSeconds(size)) / 2), 0);
}
