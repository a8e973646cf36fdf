import type { StepTimeModel } from "../../src/bounds/step-time.ts";
import type { Job } from "../serving/harness.ts";

export interface Outcome {
  firstTokenSeconds: number;
  finishSeconds: number;
  preemptions: number;
}

interface Held {
  readonly job: Job;
  readonly outcome: Outcome;
  emitted: number;
  context: number;
}

/**
 * Continuous batching written down as plainly as can be, without events: one stage, a loop over steps, every token of
 * every sequence counted. It shares nothing with the simulator but the time of a step.
 */
export function tokenByToken(
  jobs: readonly Job[],
  stepTime: StepTimeModel,
  maxSequences: number,
  capacityTokens: number,
): Outcome[] {
  const outcomes = jobs.map(() => ({ firstTokenSeconds: Number.NaN, finishSeconds: Number.NaN, preemptions: 0 }));
  const coming = jobs.map((job, index): Held => ({ job, outcome: outcomes[index]!, emitted: 0, context: 0 }));
  const waiting: Held[] = [];
  let running: Held[] = [];
  let now = 0;
  for (;;) {
    if (running.length + waiting.length === 0) {
      if (coming.length === 0) return outcomes;
      now = Math.max(now, coming[0]!.job.arrivalSeconds);
    }
    while (coming.length > 0 && coming[0]!.job.arrivalSeconds <= now) waiting.push(coming.shift()!);

    const held = () => running.reduce((sum, { context }) => sum + context + 1, 0);
    while (held() > capacityTokens) {
      const newest = running.pop()!;
      newest.outcome.preemptions++;
      waiting.unshift(newest);
    }
    const admitted: Held[] = [];
    let free = capacityTokens - held();
    while (waiting.length > 0 && running.length + admitted.length < maxSequences) {
      const prefill = waiting[0]!.job.promptTokens + waiting[0]!.emitted;
      if (prefill > free) break;
      free -= prefill;
      admitted.push(waiting.shift()!);
    }

    let tokens = running.length;
    let attentionPairs = 0;
    let kvTokensRead = 0;
    for (const { context } of running) {
      attentionPairs += context;
      kvTokensRead += context;
    }
    for (const { job, emitted } of admitted) {
      const prefill = job.promptTokens + emitted;
      tokens += prefill;
      for (let token = 0; token < prefill; token++) attentionPairs += token;
    }
    const sequences = running.length + admitted.length;
    now += stepTime.time({ tokens, attentionPairs, kvTokensRead, sequences, outputs: sequences }).tripSeconds;
    for (const one of running) one.context++;
    for (const one of admitted) one.context = one.job.promptTokens + one.emitted;
    running = [...running, ...admitted];
    for (const one of running) {
      one.emitted++;
      if (Number.isNaN(one.outcome.firstTokenSeconds)) one.outcome.firstTokenSeconds = now;
      if (one.emitted === one.job.outputTokens) one.outcome.finishSeconds = now;
    }
    running = running.filter(({ outcome }) => Number.isNaN(outcome.finishSeconds));
  }
}
