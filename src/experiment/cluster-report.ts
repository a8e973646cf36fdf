import type { Histogram } from "../core/histogram.ts";
import type { ClusterMeasurement } from "../observe/cluster-measurement.ts";
import type { ClusterTally } from "../observe/cluster-tally.ts";
import type { Deployment, LinkDeployment, Pool } from "../scenario/deployment.ts";
import type { ReplicaRole } from "../serving/cluster.ts";
import { type Compared, comparedWith } from "./compared.ts";
import { type Estimate, estimate } from "./estimate.ts";
import { boundAt, flopOf } from "./figures.ts";

/** What the replicas of a pool came to; figures are means over its replicas. */
export interface PoolReport {
  readonly name: string;
  readonly role: ReplicaRole;
  readonly replicas: number;
  readonly policy: string;
  /** Of each replica. */
  readonly accelerator: string;
  readonly accelerators: number;
  readonly tensorParallel: string;
  readonly tensorRanks: number;
  readonly pipelineStages: number;
  readonly kvCapacityTokens: number;
  /** Share of the time in which anything runs at a replica, and requests that run there at a random instant. */
  readonly busy: Estimate;
  readonly running: Estimate;
  readonly kvUse: Estimate;
  readonly mfu: Estimate;
  /** Sequences of a decode step, and the cached tokens that a token reads: where the closed form is evaluated. */
  readonly decodeBatch: Estimate;
  readonly decodeContextTokens: Estimate;
  /** Of the tokens that were decoded here, what their requests waited for before included. */
  readonly speedTokensPerSecondPerRequest: Compared;
}

/** A distribution over KV caches, in seconds. */
export interface WaitReport {
  readonly mean: Estimate;
  readonly p50: Estimate;
  readonly p99: Estimate;
}

/** What went from replicas that read prompts to replicas that decode. */
export interface TransferReport extends Omit<LinkDeployment, "router"> {
  /** Null where one replica receives them all. */
  readonly router: string | null;
  /** KV caches that have arrived. */
  readonly arrived: number;
  /** On their way, mean over time. */
  readonly moving: Estimate;
  /** How long each waited for the link, and how long it took in all. */
  readonly linkWaitSeconds: WaitReport;
  readonly transferSeconds: WaitReport;
  /** How long requests waited for room where they decode, their caches having arrived. */
  readonly roomWaitSeconds: WaitReport;
}

/** What the replicas of a run came to, where there are several. */
export interface ClusterReport {
  readonly replicas: number;
  /** Of arrivals; null where one replica takes them all. */
  readonly router: string | null;
  readonly pools: readonly PoolReport[];
  readonly transfers: TransferReport | null;
}

export function clusterReport(deployment: Deployment, measured: ClusterMeasurement): ClusterReport {
  const { replicas, router, pools, link } = deployment;
  return {
    replicas,
    router: router?.name ?? null,
    pools: pools.map((pool, place) => poolReport(pool, place, measured)),
    transfers: link === undefined ? null : transferReport(link, measured),
  };
}

function poolReport(pool: Pool, place: number, measured: ClusterMeasurement): PoolReport {
  const { name, role, policy, replicas } = pool;
  const [replica] = replicas;
  const { accelerator, accelerators, layout, kvCapacityTokens, stepTime, peakFlopPerSecond } = replica!;
  const of = (figure: (tally: ClusterTally["pools"][number], seconds: number) => number): Estimate =>
    estimate(measured, (tally) => figure(tally.pools[place]!, tally.seconds));
  const count = replicas.length;
  const decodeBatch = of((tally) => (layout.pipelineStages * tally.decodeSlots) / tally.decodeSteps);
  const decodeContextTokens = of((tally) => tally.decodePairs / tally.decodeSlots);
  const bound =
    decodeBatch.value === null ? undefined : boundAt(replica!, decodeBatch.value, decodeContextTokens.value!);
  return {
    name,
    role,
    replicas: count,
    policy: policy.name,
    accelerator: accelerator.name,
    accelerators,
    ...layout,
    kvCapacityTokens,
    busy: of(({ busySeconds }, seconds) => busySeconds / seconds / count),
    running: of(({ runningSeconds }, seconds) => runningSeconds / seconds / count),
    kvUse: of(({ kvTokenSeconds }, seconds) => kvTokenSeconds / seconds / count / kvCapacityTokens),
    mfu: of((tally, seconds) => flopOf(tally, stepTime) / (count * peakFlopPerSecond * seconds)),
    decodeBatch,
    decodeContextTokens,
    speedTokensPerSecondPerRequest: comparedWith(
      of(({ laterTokens, betweenTokensSeconds }) => laterTokens / betweenTokensSeconds),
      bound?.tokensPerSecondPerRequest,
    ),
  };
}

function transferReport({ router, ...link }: LinkDeployment, measured: ClusterMeasurement): TransferReport {
  const waits = (of: (tally: ClusterTally) => Histogram): WaitReport => {
    const quantile = (q: number) => estimate(measured, (tally) => of(tally).quantile(q));
    return { mean: estimate(measured, (tally) => of(tally).mean), p50: quantile(0.5), p99: quantile(0.99) };
  };
  return {
    ...link,
    router: router?.name ?? null,
    arrived: measured.total.transferSeconds.count,
    moving: estimate(measured, ({ movingSeconds, seconds }) => movingSeconds / seconds),
    linkWaitSeconds: waits((tally) => tally.linkWaitSeconds),
    transferSeconds: waits((tally) => tally.transferSeconds),
    roomWaitSeconds: waits((tally) => tally.roomWaitSeconds),
  };
}
