import type { Frame } from "../observe/frames.ts";
import type { ReplicaLevel } from "../observe/replica-levels.ts";
import type { Deployment, Pool } from "../scenario/deployment.ts";
import { count, percent } from "./text.ts";

/** One pool as it stands. */
export interface PoolLine {
  readonly name: string;
  readonly text: string;
  /** Requests that run at each replica, and the most at any of the run's, above 0. */
  readonly running: readonly number[];
  readonly top: number;
}

export interface PoolsStrip {
  readonly lines: readonly PoolLine[];
  /** KV caches on their way, where some move. */
  readonly moving: string;
}

const mostLines = 4;

/** Each pool of a run with several replicas, the first few of many; undefined where there is but one replica. */
export function poolsStrip({ replicas: levels, moving }: Frame, deployment: Deployment): PoolsStrip | undefined {
  const { pools, replicas, link } = deployment;
  if (replicas === 1) return undefined;
  const all = Array.from({ length: replicas }, (_, index) => levels[index] ?? idle);
  const top = all.reduce((most, { running }) => Math.max(most, running), 1);
  let next = 0;
  const lines = pools.map((pool) => {
    const own = all.slice(next, next + pool.replicas.length);
    next += pool.replicas.length;
    return poolLine(pool, own, top);
  });
  return {
    lines: lines.slice(0, mostLines),
    moving: link === undefined ? "" : `${count(moving)} KV cache${moving === 1 ? "" : "s"} on the way`,
  };
}

const idle: ReplicaLevel = { running: 0, kvTokens: 0 };

function poolLine({ name, replicas }: Pool, levels: readonly ReplicaLevel[], top: number): PoolLine {
  const sum = (of: (level: ReplicaLevel) => number) => levels.reduce((total, level) => total + of(level), 0);
  const capacity = replicas.reduce((total, { kvCapacityTokens }) => total + kvCapacityTokens, 0);
  const many = `${count(levels.length)} replica${levels.length === 1 ? "" : "s"}`;
  return {
    name,
    text: `${many}, ${count(sum(({ running }) => running))} running, KV cache ${percent(sum(({ kvTokens }) => kvTokens) / capacity)}`,
    running: levels.map(({ running }) => running),
    top,
  };
}
