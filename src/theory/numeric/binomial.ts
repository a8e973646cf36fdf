import { gammaln } from "simple-statistics";

/** Probability of `k` successes in `trials` independent trials, computed in logarithms. */
function binomialProbability(k: number, trials: number, success: number): number {
  if (success >= 1) return k === trials ? 1 : 0;
  if (success <= 0) return k === 0 ? 1 : 0;
  const ways = gammaln(trials + 1) - gammaln(k + 1) - gammaln(trials - k + 1);
  return Math.exp(ways + k * Math.log(success) + (trials - k) * Math.log1p(-success));
}

/** Probabilities of 0, 1, ... successes, up to where they have fallen below about 1e-17. */
export function binomialProbabilities(trials: number, success: number): Float64Array {
  const mean = trials * success;
  const reach = Math.min(trials, Math.ceil(mean + 9 * Math.sqrt(mean) + 20));
  return Float64Array.from({ length: reach + 1 }, (_, k) => binomialProbability(k, trials, success));
}
