import { deterministicServers } from "../../src/theory/predictions/deterministic-servers.ts";
import { markovServers } from "../../src/theory/predictions/markov-servers.ts";
import { batchMeansInterval } from "../../src/theory/statistics/batch-means.ts";
import { covers } from "../../src/theory/statistics/interval.ts";
import { quantileInterval } from "../../src/theory/statistics/quantile-interval.ts";
import { stationarityTest } from "../../src/theory/statistics/stationarity.ts";
import { mserWarmUp } from "../../src/theory/statistics/warm-up.ts";
import { type Service, waitingTimes } from "./lindley.ts";

/** A queue to be run once for each seed. */
export interface CoverageCase {
  readonly service: Service;
  readonly load: number;
  readonly customers: number;
  readonly seeds: number;
}

/** Shares of seeds. */
export interface Coverage {
  /** The 95 % interval of the mean wait covers the truth. */
  readonly mean: number;
  /** The 95 % interval of the 99th percentile of the wait covers the truth. */
  readonly p99: number;
  readonly meanTrusted: number;
  readonly p99Trusted: number;
}

/** Runs a queue from empty, removes the warm-up by MSER-5, and counts the intervals that cover the exact figures. */
export function intervalCoverage({ service, load, customers, seeds }: CoverageCase): Coverage {
  const queue = { arrivalsPerSecond: load, serviceSeconds: 1, servers: 1 };
  const exact = service === "constant" ? deterministicServers(queue) : markovServers(queue);
  const p99 = exact.waitQuantile(0.99);
  const counts = { mean: 0, p99: 0, meanTrusted: 0, p99Trusted: 0 };
  for (let seed = 0; seed < seeds; seed++) {
    const waits = waitingTimes(service, load, customers, seed);
    const steady = waits.subarray(mserWarmUp(waits).observations);
    const ofMean = batchMeansInterval(steady);
    const ofP99 = quantileInterval(steady, 0.99);
    if (covers(ofMean, exact.meanWaitSeconds)) counts.mean++;
    if (covers(ofP99, p99)) counts.p99++;
    if (ofMean.trusted) counts.meanTrusted++;
    if (ofP99.trusted) counts.p99Trusted++;
  }
  return {
    mean: counts.mean / seeds,
    p99: counts.p99 / seeds,
    meanTrusted: counts.meanTrusted / seeds,
    p99Trusted: counts.p99Trusted / seeds,
  };
}

/** Share of seeds whose run is called unstable. */
export function unstableShare({ service, load, customers, seeds }: CoverageCase): number {
  let unstable = 0;
  for (let seed = 0; seed < seeds; seed++) {
    if (stationarityTest(waitingTimes(service, load, customers, seed)).verdict === "unstable") unstable++;
  }
  return unstable / seeds;
}
