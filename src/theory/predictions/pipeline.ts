import { deterministicServers } from "./deterministic-servers.ts";

/** Sojourn through stages in a row. */
export interface TandemFigures {
  readonly meanWaitSeconds: number;
  readonly meanSojournSeconds: number;
  readonly sojournQuantile: (probability: number) => number;
}

/**
 * Poisson arrivals to stages in a row, each with a constant time and room to wait: the total wait is that of the slowest
 * stage alone, M/D/1, in whatever order the stages stand (Avi-Itzhak 1965; Friedman 1965). Exact.
 */
export function tandemOfConstantStages(arrivalsPerSecond: number, stageSeconds: readonly number[]): TandemFigures {
  const service = stageSeconds.reduce((sum, seconds) => sum + seconds, 0);
  const slowest = Math.max(...stageSeconds);
  const queue = deterministicServers({ arrivalsPerSecond, serviceSeconds: slowest, servers: 1 });
  return {
    meanWaitSeconds: queue.meanWaitSeconds,
    meanSojournSeconds: queue.meanWaitSeconds + service,
    sojournQuantile: (probability) => queue.waitQuantile(probability) + service,
  };
}

/** Microbatches that go round through the stages of a pipeline. */
export interface PipelineLoop {
  /** Seconds that one microbatch takes at each stage. */
  readonly stageSeconds: readonly number[];
  /** Seconds of all hops of one round together, the way back to the first stage included if it takes time. */
  readonly hopSeconds: number;
  readonly microbatches: number;
}

/** The steady rhythm of a pipeline. */
export interface PipelineRhythm {
  /** Time from one start of a microbatch at the first stage to its next: one token for each of its sequences. */
  readonly roundSeconds: number;
  readonly microbatchesPerSecond: number;
  /** Share of time that each stage stands idle. */
  readonly bubbles: readonly number[];
  /** Whether the slowest stage never waits. */
  readonly zeroBubble: boolean;
  /** Fewest microbatches with which the slowest stage never waits. */
  readonly microbatchesForZeroBubble: number;
}

/**
 * Rhythm of `M` equal microbatches round `P` constant stages `d_i` with hops `h`: `round = max(Σd_i + h, M·max d_i)`, the larger
 * of the two cycle times of the event graph (Baccelli, Cohen, Olsder and Quadrat 1992, Synchronization and Linearity, 2.5). No
 * bubble at the slowest stage if and only if `M ≥ (Σd_i + h)/max d_i`; for equal stages and free hops, `M ≥ P`. Exact.
 */
export function pipelineRhythm({ stageSeconds, hopSeconds, microbatches }: PipelineLoop): PipelineRhythm {
  const trip = stageSeconds.reduce((sum, seconds) => sum + seconds, hopSeconds);
  const slowest = Math.max(...stageSeconds);
  const roundSeconds = Math.max(trip, microbatches * slowest);
  const needed = trip / slowest;
  return {
    roundSeconds,
    microbatchesPerSecond: microbatches / roundSeconds,
    bubbles: stageSeconds.map((seconds) => 1 - (microbatches * seconds) / roundSeconds),
    zeroBubble: microbatches >= needed * (1 - 1e-12),
    microbatchesForZeroBubble: Math.ceil(needed * (1 - 1e-12)),
  };
}
