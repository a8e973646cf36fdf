import { Histogram } from "../core/histogram.ts";
import type { Additive } from "./stretches.ts";

const noWork = () => ({
  /** Steps in which something decoded, Σ of their sequences, of their drafts, and of the cached tokens that these read. */
  decodeSteps: 0,
  decodeSlots: 0,
  draftTokens: 0,
  decodePairs: 0,
  prefillTokens: 0,
  prefillPairs: 0,
  /** Tokens that followed another of their request, and the time since that one. */
  laterTokens: 0,
  betweenTokensSeconds: 0,
  kvTokenSeconds: 0,
  /** ∫ running sequences · dt, and Σ over replicas of the time in which any run. */
  runningSeconds: 0,
  busySeconds: 0,
});

/** What the replicas of a pool did over a stretch of a run. */
export type PoolTally = ReturnType<typeof noWork>;

const works = Object.keys(noWork()) as (keyof PoolTally)[];

/** What a cluster did over a stretch of a run, by pool and between pools. */
export class ClusterTally implements Additive<ClusterTally> {
  seconds = 0;
  finished = 0;
  readonly pools: readonly PoolTally[];
  /** ∫ KV caches on their way · dt. */
  movingSeconds = 0;
  /** Of caches that have arrived: how long they waited for the link, how long they took in all, and how long their requests then waited for room. */
  readonly linkWaitSeconds = new Histogram();
  readonly transferSeconds = new Histogram();
  readonly roomWaitSeconds = new Histogram();

  constructor(pools: number) {
    this.pools = Array.from({ length: pools }, noWork);
  }

  add(other: ClusterTally): void {
    this.seconds += other.seconds;
    this.finished += other.finished;
    this.pools.forEach((pool, place) => {
      for (const work of works) pool[work] += other.pools[place]![work];
    });
    this.movingSeconds += other.movingSeconds;
    this.linkWaitSeconds.merge(other.linkWaitSeconds);
    this.transferSeconds.merge(other.transferSeconds);
    this.roomWaitSeconds.merge(other.roomWaitSeconds);
  }
}
