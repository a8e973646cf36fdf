import { InvariantError } from "../../core/errors.ts";
import { normalCdf } from "../../core/normal.ts";

/** The law of an integer-valued quantity: `P(X = first + i) = probabilities[i]`, zero elsewhere. */
export interface IntegerLaw {
  readonly first: number;
  readonly probabilities: Float64Array;
}

/** Mass that may be cut from each tail; far below what 53 bits of a uniform number can tell apart. */
const negligible = 1e-18;

/** The law of a constant. */
export function certain(value: number): IntegerLaw {
  return { first: value, probabilities: Float64Array.of(1) };
}

/** Cuts tails of at most 1e-18 each and scales the rest to sum 1. */
export function trimmed(law: IntegerLaw): IntegerLaw {
  const p = law.probabilities;
  let low = 0;
  let high = p.length - 1;
  for (let cut = p[low]!; cut <= negligible && low < high; cut += p[low]!) low++;
  for (let cut = p[high]!; cut <= negligible && high > low; cut += p[high]!) high--;
  const kept = p.slice(low, high + 1);
  const mass = kept.reduce((sum, x) => sum + x, 0);
  if (!(mass > 0)) throw new InvariantError("a probability law has no mass");
  return { first: law.first + low, probabilities: kept.map((x) => x / mass) };
}

/** `E[g(X)]`. */
export function expectation(law: IntegerLaw, g: (value: number) => number): number {
  let sum = 0;
  for (let i = 0; i < law.probabilities.length; i++) sum += law.probabilities[i]! * g(law.first + i);
  return sum;
}

export function lawMean(law: IntegerLaw): number {
  return expectation(law, (x) => x);
}

export function lawVariance(law: IntegerLaw): number {
  const mean = lawMean(law);
  return expectation(law, (x) => (x - mean) ** 2);
}

/**
 * The law of the sum of two independent quantities.
 * Direct convolution: all terms are positive, so that even the tails keep their relative precision, which a Fourier transform loses.
 */
export function convolved(a: IntegerLaw, b: IntegerLaw): IntegerLaw {
  return trimmed({ first: a.first + b.first, probabilities: convolution(a.probabilities, b.probabilities) });
}

/** `Σ_j p[j]·q[i - j]`. */
export function convolution(p: Float64Array, q: Float64Array): Float64Array {
  const sum = new Float64Array(p.length + q.length - 1);
  for (let i = 0; i < p.length; i++) {
    const x = p[i]!;
    for (let j = 0; j < q.length; j++) sum[i + j]! += x * q[j]!;
  }
  return sum;
}

/** The law of the sum of `count` independent copies, by repeated squaring: about `2·log2(count)` convolutions. */
export function repeated(law: IntegerLaw, count: number): IntegerLaw {
  let result = certain(0);
  let power = law;
  for (let left = count; left > 0; left = Math.floor(left / 2)) {
    if (left % 2 === 1) result = convolved(result, power);
    if (left > 1) power = convolved(power, power);
  }
  return result;
}

/** The law given that the value lies in `[least, most]`. */
export function restricted({ first, probabilities }: IntegerLaw, least: number, most: number): IntegerLaw {
  const start = Math.max(first, least);
  return trimmed({ first: start, probabilities: probabilities.slice(start - first, Math.max(0, most - first + 1)) });
}

/** How many of independent events happen, each with its own chance (the Poisson-binomial law). */
export function independentCount(chances: Iterable<number>): IntegerLaw {
  let law = certain(0);
  for (const chance of chances) law = convolved(law, { first: 0, probabilities: Float64Array.of(1 - chance, chance) });
  return law;
}

/** A normal law of this mean and standard deviation, integrated over each integer's unit cell and cut to `[least, most]`. */
export function discreteNormal(mean: number, deviation: number, least: number, most: number): IntegerLaw {
  if (!(deviation > 1e-9)) return certain(Math.min(most, Math.max(least, Math.round(mean))));
  const low = Math.max(least, Math.floor(mean - 9 * deviation));
  const high = Math.min(most, Math.ceil(mean + 9 * deviation));
  const cells = new Float64Array(high - low + 1);
  let below = normalCdf((low - 0.5 - mean) / deviation);
  for (let i = 0; i < cells.length; i++) {
    const upTo = normalCdf((low + i + 0.5 - mean) / deviation);
    cells[i] = upTo - below;
    below = upTo;
  }
  return trimmed({ first: low, probabilities: cells });
}

/**
 * The largest difference between the law's distribution function and that of a normal of the same moments (with continuity
 * correction): how far a normal stand-in could be wrong about any probability.
 */
export function distanceToNormal(law: IntegerLaw): number {
  const mean = lawMean(law);
  const deviation = Math.sqrt(lawVariance(law));
  let cdf = 0;
  let distance = 0;
  for (let i = 0; i < law.probabilities.length; i++) {
    cdf += law.probabilities[i]!;
    distance = Math.max(distance, Math.abs(cdf - normalCdf((law.first + i + 0.5 - mean) / deviation)));
  }
  return distance;
}
