import { randomStreams } from "../../src/core/random.ts";

/** Long-run figures of one simulated run of continuous batching, from an empty start, warm-up left out. */
export interface BatchingRun {
  readonly meanWaitSeconds: number;
  readonly meanFirstTokenSeconds: number;
  readonly meanSojournSeconds: number;
  readonly meanBatch: number;
  readonly busyShare: number;
  readonly sojourns: Float64Array;
}

/** A queue before a batch of at most `batchCap`, advanced step by step: an independent, plain implementation for the tests. */
export interface BatchingSetup {
  readonly arrivalsPerSecond: number;
  readonly batchCap: number;
  readonly stepSeconds: (batch: number) => number;
  /** Draws a request's number of steps, at least 1. */
  readonly steps: (uniform: () => number) => number;
}

export function simulateBatching(setup: BatchingSetup, requests: number, seed: number): BatchingRun {
  const streams = randomStreams(seed);
  const arrivals = streams("arrivals");
  const lengths = streams("lengths");
  const gap = () => -Math.log(1 - arrivals()) / setup.arrivalsPerSecond;
  const warmUp = Math.floor(requests / 10);
  const waiting: { id: number; arrived: number }[] = [];
  let running: { id: number; arrived: number; left: number }[] = [];
  const sojourns: number[] = [];
  let nextArrival = gap();
  let issued = 0;
  let now = 0;
  let waits = 0;
  let firsts = 0;
  let starts = 0;
  let measuredFrom = Number.NaN;
  let batchArea = 0;
  let busy = 0;
  while (sojourns.length < requests - warmUp) {
    if (running.length === 0 && waiting.length === 0) now = Math.max(now, nextArrival);
    while (nextArrival <= now) {
      waiting.push({ id: issued++, arrived: nextArrival });
      nextArrival += gap();
    }
    const joiners = waiting.splice(0, setup.batchCap - running.length);
    for (const { id, arrived } of joiners) running.push({ id, arrived, left: setup.steps(lengths) });
    const step = setup.stepSeconds(running.length);
    for (const { id, arrived } of joiners) {
      if (id < warmUp) continue;
      if (starts === 0) measuredFrom = now;
      starts++;
      waits += now - arrived;
      firsts += now - arrived + step;
    }
    if (starts > 0) {
      batchArea += running.length * step;
      busy += step;
    }
    now += step;
    for (const request of running) {
      if (--request.left === 0 && request.id >= warmUp) sojourns.push(now - request.arrived);
    }
    running = running.filter((request) => request.left > 0);
  }
  const sum = sojourns.reduce((total, value) => total + value, 0);
  const seconds = now - measuredFrom;
  return {
    meanWaitSeconds: waits / starts,
    meanFirstTokenSeconds: firsts / starts,
    meanSojournSeconds: sum / sojourns.length,
    meanBatch: batchArea / seconds,
    busyShare: busy / seconds,
    sojourns: Float64Array.from(sojourns),
  };
}

/** Steps of a geometric law on 1, 2, ... with this mean. */
export function geometricSteps(mean: number): BatchingSetup["steps"] {
  return mean === 1 ? () => 1 : (uniform) => Math.max(1, Math.ceil(Math.log(1 - uniform()) / Math.log1p(-1 / mean)));
}

/** Steps of a rounded lognormal law with this mean and coefficient of variation. */
export function lognormalSteps(mean: number, cv: number): BatchingSetup["steps"] {
  const sigma = Math.sqrt(Math.log1p(cv * cv));
  const mu = Math.log(mean) - (sigma * sigma) / 2;
  return (uniform) => {
    const normal = Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
    return Math.max(1, Math.round(Math.exp(mu + sigma * normal)));
  };
}
