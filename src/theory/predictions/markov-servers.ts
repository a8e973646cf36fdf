import { quantileOf } from "../numeric/root.ts";
import { stableLoad } from "./load.ts";

/** Servers fed from one queue. */
export interface ServerGroup {
  readonly arrivalsPerSecond: number;
  readonly serviceSeconds: number;
  readonly servers: number;
}

/** Figures of a queue whose waiting time is zero or exponential. */
export interface ExponentialWait {
  readonly utilisation: number;
  /** Probability that an arrival waits (Erlang's C). */
  readonly waitProbability: number;
  readonly meanWaitSeconds: number;
  readonly meanSojournSeconds: number;
  readonly waitCdf: (seconds: number) => number;
  readonly waitQuantile: (probability: number) => number;
  readonly sojournCdf: (seconds: number) => number;
  readonly sojournQuantile: (probability: number) => number;
}

/**
 * M/M/c: Poisson arrivals, exponential services, `c` servers, first come first served. With offered load `a = λ·s < c`,
 * Erlang's `B(k) = a·B(k-1)/(k + a·B(k-1))` gives `C = c·B/(c - a·(1 - B))`, and `P(W > t) = C·exp(-(cμ - λ)·t)`
 * (Erlang 1917; Kleinrock 1975, 3.5). Exact. `c = 1` is M/M/1 with `C = ρ`.
 */
export function markovServers({ arrivalsPerSecond, serviceSeconds, servers }: ServerGroup): ExponentialWait {
  const offered = arrivalsPerSecond * serviceSeconds;
  const utilisation = stableLoad(offered / servers);
  const waitProbability = erlangC(servers, offered);
  const serviceRate = 1 / serviceSeconds;
  const clearingRate = servers * serviceRate - arrivalsPerSecond;
  const waitCdf = (seconds: number) => 1 - waitProbability * Math.exp(-clearingRate * seconds);
  const sojournCdf = (seconds: number) =>
    1 -
    (1 - waitProbability) * Math.exp(-serviceRate * seconds) -
    waitProbability * sumOfTwoTail(serviceRate, clearingRate, seconds);
  const meanWaitSeconds = waitProbability / clearingRate;
  return {
    utilisation,
    waitProbability,
    meanWaitSeconds,
    meanSojournSeconds: meanWaitSeconds + serviceSeconds,
    waitCdf,
    waitQuantile: (probability) => Math.max(0, Math.log(waitProbability / (1 - probability)) / clearingRate),
    sojournCdf,
    sojournQuantile: (probability) => quantileOf(sojournCdf, probability, meanWaitSeconds + serviceSeconds),
  };
}

/** Erlang's C formula: probability that all of `servers` are busy at an offered load below their number. */
export function erlangC(servers: number, offered: number): number {
  let blocking = 1;
  for (let k = 1; k <= servers; k++) blocking = (offered * blocking) / (k + offered * blocking);
  return (servers * blocking) / (servers - offered * (1 - blocking));
}

/** Probability that the sum of two independent exponential times of rates `a` and `b` exceeds `t`. */
function sumOfTwoTail(a: number, b: number, t: number): number {
  const apart = (b - a) * t;
  const share = Math.abs(apart) < 1e-8 ? t * (1 - apart / 2) : -Math.expm1(-apart) / (b - a);
  return Math.exp(-a * t) * b * share + Math.exp(-b * t);
}
