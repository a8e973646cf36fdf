import { poissonProbability } from "./poisson.ts";

/** A continuous-time Markov chain that ends: rates per second out of each of its states, and where it starts. */
export interface EndingChain {
  readonly start: Float64Array;
  /** Rate from state `i` to state `i + 1`. */
  readonly upRates: Float64Array;
  /** Rate from state `i` to state `i - 1`. */
  readonly downRates: Float64Array;
  /** Rate from state `i` to the end. */
  readonly endRates: Float64Array;
  /** Where state `i` may jump besides its neighbours, with the rate; -1 for nowhere. */
  readonly jumpTargets: Int32Array;
  readonly jumpRates: Float64Array;
}

/**
 * Distribution function of the time until an ending chain ends, by uniformisation (Jensen 1953): with `Λ` the largest
 * total rate, `P(T > t) = Σ_k Poisson(k; Λt)·s_k`, where `s_k` is the probability not to have ended after `k` jumps.
 * What survives beyond `1e-10` is continued geometrically.
 */
export function endingTimeCdf(chain: EndingChain): (seconds: number) => number {
  const jumpsPerSecond = largestRate(chain);
  const survivals = survivalByJumps(chain, jumpsPerSecond);
  const last = survivals.length - 1;
  const decay = last > 0 ? survivals[last]! / survivals[last - 1]! : 0;
  const survival = (jumps: number) => (jumps <= last ? survivals[jumps]! : survivals[last]! * decay ** (jumps - last));
  return (seconds) => {
    const mean = jumpsPerSecond * seconds;
    if (mean === 0) return 1 - survivals[0]!;
    const reach = 9 * Math.sqrt(mean) + 20;
    const first = Math.max(0, Math.floor(mean - reach));
    let term = poissonProbability(first, mean);
    let survives = 0;
    for (let jumps = first; jumps <= mean + reach; jumps++) {
      survives += term * survival(jumps);
      term *= mean / (jumps + 1);
    }
    return 1 - survives;
  };
}

function largestRate(chain: EndingChain): number {
  return chain.endRates.reduce(
    (most, end, i) => Math.max(most, end + chain.upRates[i]! + chain.downRates[i]! + chain.jumpRates[i]!),
    0,
  );
}

function survivalByJumps(chain: EndingChain, jumpsPerSecond: number): number[] {
  const { start, upRates, downRates, endRates, jumpTargets, jumpRates } = chain;
  const states = start.length;
  let now: Float64Array = start;
  let next: Float64Array = new Float64Array(states);
  const survivals: number[] = [];
  for (;;) {
    const alive = now.reduce((sum, probability) => sum + probability, 0);
    survivals.push(alive);
    if (alive < 1e-10) return survivals;
    next.fill(0);
    for (let i = 0; i < states; i++) {
      const mass = now[i]! / jumpsPerSecond;
      if (mass === 0) continue;
      const leaving = endRates[i]! + upRates[i]! + downRates[i]! + jumpRates[i]!;
      next[i] = next[i]! + mass * (jumpsPerSecond - leaving);
      if (upRates[i]! > 0) next[i + 1] = next[i + 1]! + mass * upRates[i]!;
      if (downRates[i]! > 0) next[i - 1] = next[i - 1]! + mass * downRates[i]!;
      const target = jumpTargets[i]!;
      if (target >= 0) next[target] = next[target]! + mass * jumpRates[i]!;
    }
    [now, next] = [next, now === start ? new Float64Array(states) : now];
  }
}
