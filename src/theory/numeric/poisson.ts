import { gammaln } from "simple-statistics";

/** Probability that a Poisson variable of this mean is `k`, computed in logarithms so that no mean is too large. */
export function poissonProbability(k: number, mean: number): number {
  if (mean === 0) return k === 0 ? 1 : 0;
  return Math.exp(k * Math.log(mean) - mean - gammaln(k + 1));
}

/** Probability that a Poisson variable of this mean is at most `k`. */
export function poissonCdf(k: number, mean: number): number {
  if (k < 0) return 0;
  if (mean === 0) return 1;
  let sum = 0;
  if (k < mean) {
    let term = poissonProbability(k, mean);
    for (let i = k; i >= 0 && term > 1e-18 * sum; i--) {
      sum += term;
      term *= i / mean;
    }
    return sum;
  }
  let term = poissonProbability(k + 1, mean);
  for (let i = k + 1; term > 1e-18; i++) {
    sum += term;
    term *= mean / (i + 1);
  }
  return 1 - sum;
}

/** Beyond this count a Poisson variable of this mean has less than about 1e-17 of its probability. */
export function poissonReach(mean: number): number {
  return Math.ceil(mean + 9 * Math.sqrt(mean) + 20);
}

/** Probabilities of 0, 1, ... up to `poissonReach(mean)` for a Poisson variable. */
export function poissonProbabilities(mean: number): Float64Array {
  return Float64Array.from({ length: poissonReach(mean) + 1 }, (_, k) => poissonProbability(k, mean));
}
