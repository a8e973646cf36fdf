import { deterministicServers } from "./deterministic-servers.ts";
import type { ServiceMoments } from "./general-server.ts";
import { markovServers } from "./markov-servers.ts";

/** Approximate mean waits of several servers with any services. */
export interface GeneralServersWait {
  readonly allenCunneenSeconds: number;
  /** Absent for arrivals other than Poisson and for `c_s > 1`, for which it is not made. */
  readonly kimuraSeconds?: number;
}

/**
 * M/G/c and GI/G/c: `c` servers behind one queue, mean wait by two approximations between exact ends.
 *
 * - Allen–Cunneen: `W(M/M/c)·(c_a² + c_s²)/2` (Allen 1978). Exact for M/M/c and M/G/1.
 * - Kimura: `(1 + c_s²)/(2c_s²/W(M/M/c) + (1 - c_s²)/W(M/D/c))` for Poisson arrivals and `c_s ≤ 1` (Kimura 1986). Exact for
 *   M/M/c, M/D/c and M/G/1.
 */
export function generalServers(
  arrivalsPerSecond: number,
  arrivalCv: number,
  service: ServiceMoments,
  servers: number,
): GeneralServersWait {
  const group = { arrivalsPerSecond, serviceSeconds: service.mean, servers };
  const services = service.variance / service.mean ** 2;
  const markov = markovServers(group).meanWaitSeconds;
  const allenCunneenSeconds = (markov * (arrivalCv ** 2 + services)) / 2;
  if (arrivalCv !== 1 || services > 1) return { allenCunneenSeconds };
  const deterministic = deterministicServers(group).meanWaitSeconds;
  return {
    allenCunneenSeconds,
    kimuraSeconds: (1 + services) / ((2 * services) / markov + (1 - services) / deterministic),
  };
}
