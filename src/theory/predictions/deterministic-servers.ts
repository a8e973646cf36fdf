import { stationaryDistribution } from "../numeric/banded-chain.ts";
import { poissonProbabilities, poissonReach } from "../numeric/poisson.ts";
import { quantileOf, rootOfIncreasing } from "../numeric/root.ts";
import { stableLoad } from "./load.ts";
import type { ServerGroup } from "./markov-servers.ts";

/** Figures of a queue with constant services. */
export interface DeterministicWait {
  readonly utilisation: number;
  /** Probability that an arrival waits. */
  readonly waitProbability: number;
  readonly meanWaitSeconds: number;
  readonly meanSojournSeconds: number;
  /** Probabilities of 0, 1, 2, ... requests in the system. */
  readonly numberInSystem: Float64Array;
  readonly waitCdf: (seconds: number) => number;
  readonly waitQuantile: (probability: number) => number;
}

/**
 * M/D/c: Poisson arrivals, constant services of `D` seconds, `c` servers, first come first served; `c = 1` is M/D/1.
 *
 * The number in the system follows Crommelin's equations (1932): what is in service now has left `D` seconds later and
 * nothing else has, so `X' = max(0, X - c) + Poisson(λD)`. Solved without subtraction, so that loads near one keep their
 * precision. The waiting time is Franx's form (Operations Research Letters 29, 2001), a sum of positive terms where the
 * classical alternating sum of Erlang (1909) loses all digits: for `(k-1)·D ≤ x < k·D`,
 *
 * `P(W ≤ x) = Σ_{j=0}^{kc-1} Q(kc-1-j)·Poisson(j; λ(kD - x))`, with `Q(m)` the probability of at most `m` waiting.
 *
 * Exact.
 */
export function deterministicServers({ arrivalsPerSecond, serviceSeconds, servers }: ServerGroup): DeterministicWait {
  const offered = arrivalsPerSecond * serviceSeconds;
  const utilisation = stableLoad(offered / servers);
  const numberInSystem = crommelin(servers, offered);
  const waitingAtMost = cumulativeWaiting(numberInSystem, servers);
  const meanWaiting = numberInSystem.reduce((sum, p, number) => sum + Math.max(0, number - servers) * p, 0);
  const meanWaitSeconds = meanWaiting / arrivalsPerSecond;
  const waitCdf = (seconds: number) => franx(waitingAtMost, servers, arrivalsPerSecond, serviceSeconds, seconds);
  return {
    utilisation,
    waitProbability: 1 - numberInSystem.slice(0, servers).reduce((sum, p) => sum + p, 0),
    meanWaitSeconds,
    meanSojournSeconds: meanWaitSeconds + serviceSeconds,
    numberInSystem,
    waitCdf,
    waitQuantile: (probability) => quantileOf(waitCdf, probability, serviceSeconds),
  };
}

/** Mean wait of M/D/1, `ρ·D/(2·(1-ρ))` (Pollaczek 1930; Khinchine 1932). */
export function meanWaitOfDeterministicServer(arrivalsPerSecond: number, serviceSeconds: number): number {
  const load = stableLoad(arrivalsPerSecond * serviceSeconds);
  return (load * serviceSeconds) / (2 * (1 - load));
}

function crommelin(servers: number, offered: number): Float64Array {
  const arrivals = poissonProbabilities(offered);
  return stationaryDistribution({
    states: servers + poissonReach(offered) + tailReach(offered / servers),
    down: servers,
    up: arrivals.length - 1,
    row: (from, put) => {
      const left = Math.max(0, from - servers);
      arrivals.forEach((probability, count) => {
        put(left + count, probability);
      });
    },
  });
}

/**
 * States after which the geometric tail of a queue with Poisson arrivals and constant services has fallen by 1e-16:
 * its ratio `1/η` solves `ln η = ρ·(η - 1)`, `η > 1`.
 */
export function tailReach(load: number): number {
  const growth = rootOfIncreasing((x) => load * Math.expm1(x) - x, Math.min(1, 1 - load), 2 - 2 * Math.log(load));
  return Math.ceil(37 / growth);
}

function cumulativeWaiting(numberInSystem: Float64Array, servers: number): Float64Array {
  const cumulative = new Float64Array(numberInSystem.length - servers);
  let sum = 0;
  numberInSystem.forEach((p, number) => {
    sum += p;
    if (number >= servers) cumulative[number - servers] = sum;
  });
  return cumulative;
}

function franx(
  waitingAtMost: Float64Array,
  servers: number,
  arrivalsPerSecond: number,
  serviceSeconds: number,
  seconds: number,
): number {
  const intervals = Math.floor(seconds / serviceSeconds) + 1;
  const last = intervals * servers - 1;
  const mean = arrivalsPerSecond * (intervals * serviceSeconds - seconds);
  const arrivals = poissonProbabilities(Math.max(0, mean));
  let sum = 0;
  for (let j = 0; j <= last && j < arrivals.length; j++) {
    sum += (waitingAtMost[last - j] ?? 1) * arrivals[j]!;
  }
  return Math.min(1, sum);
}
