import { stableLoad } from "./load.ts";

/** First three moments of a service time, in seconds, seconds² and seconds³. */
export interface ServiceMoments {
  readonly mean: number;
  readonly variance: number;
  /** `E[S³]`; where it is not known the variance of the wait is not given. */
  readonly thirdMoment?: number;
}

/** Mean and spread of the waiting time of one server. */
export interface WaitMoments {
  readonly utilisation: number;
  readonly meanWaitSeconds: number;
  readonly meanSojournSeconds: number;
  /** Variance of the waiting time; absent without a third moment of the service time. */
  readonly waitVariance?: number;
}

/**
 * M/G/1: Poisson arrivals, any services, first come first served. With `ρ = λ·E[S]`:
 * `E[W] = λ·E[S²]/(2(1-ρ))` and `Var[W] = E[W]² + λ·E[S³]/(3(1-ρ))` (Pollaczek 1930; Khinchine 1932; Takács 1962). Exact.
 */
export function generalServer(arrivalsPerSecond: number, service: ServiceMoments): WaitMoments {
  const utilisation = stableLoad(arrivalsPerSecond * service.mean);
  const idle = 1 - utilisation;
  const meanWaitSeconds = (arrivalsPerSecond * (service.variance + service.mean ** 2)) / (2 * idle);
  const moments = { utilisation, meanWaitSeconds, meanSojournSeconds: meanWaitSeconds + service.mean };
  if (service.thirdMoment === undefined) return moments;
  return { ...moments, waitVariance: meanWaitSeconds ** 2 + (arrivalsPerSecond * service.thirdMoment) / (3 * idle) };
}

/** Mean wait of a queue with any renewal arrivals: an upper bound and two approximations. */
export interface KingmanWait {
  /** Kingman's bound: never exceeded. */
  readonly upperBoundSeconds: number;
  /** The heavy-traffic mean, exact as the load goes to one and for Poisson arrivals. */
  readonly heavyTrafficSeconds: number;
  /** The same, with the factor of Krämer and Langenbach-Belz for arrivals more regular than Poisson. */
  readonly correctedSeconds: number;
}

/**
 * GI/G/1: independent interarrival times with coefficient of variation `c_a`, independent services with `c_s`.
 *
 * - bound `λ(σ_a² + σ_s²)/(2(1-ρ))` (Kingman 1962)
 * - heavy traffic `ρ/(1-ρ)·(c_a² + c_s²)/2·E[S]` (Kingman 1961)
 * - corrected: times `exp(-2(1-ρ)(1-c_a²)²/(3ρ(c_a²+c_s²)))` for `c_a ≤ 1` (Krämer and Langenbach-Belz 1976). Their factor for
 *   `c_a > 1`, fitted to hyperexponential arrivals, moves gamma arrivals further off and is left out.
 */
export function kingmanWait(arrivalsPerSecond: number, arrivalCv: number, service: ServiceMoments): KingmanWait {
  const load = stableLoad(arrivalsPerSecond * service.mean);
  const arrivals = arrivalCv ** 2;
  const services = service.variance / service.mean ** 2;
  const heavyTrafficSeconds = ((load / (1 - load)) * (arrivals + services) * service.mean) / 2;
  return {
    upperBoundSeconds: (arrivals / arrivalsPerSecond + arrivalsPerSecond * service.variance) / (2 * (1 - load)),
    heavyTrafficSeconds,
    correctedSeconds: heavyTrafficSeconds === 0 ? 0 : heavyTrafficSeconds * langenbachBelz(load, arrivals, services),
  };
}

function langenbachBelz(load: number, arrivals: number, services: number): number {
  if (arrivals > 1) return 1;
  return Math.exp((-2 * (1 - load) * (1 - arrivals) ** 2) / (3 * load * (arrivals + services)));
}
