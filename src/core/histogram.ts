import { InvariantError, UserError } from "./errors.ts";
import { ExactSum } from "./sums.ts";

/** Each octave is cut into this many equal buckets. */
const bucketsPerOctave = 512;
const mantissaBits = 9;

/** A quantile is off by at most this share of its value: half a bucket at the lower end of an octave. */
export const histogramRelativeError = 1 / (2 * bucketsPerOctave);

/** The two halves of a double, to read exponent and leading mantissa bits without a logarithm (little-endian words). */
const asDouble = new Float64Array(1);
const asWords = new Uint32Array(asDouble.buffer);
const high = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1 ? 1 : 0;

/** The number of the bucket that holds a positive value: its exponent and the first nine bits of its mantissa. */
function bucketOf(value: number): number {
  asDouble[0] = value;
  return asWords[high]! >>> (20 - mantissaBits);
}

/** The smallest value of a bucket. */
function lowerEdge(bucket: number): number {
  asWords[high] = bucket << (20 - mantissaBits);
  asWords[1 - high] = 0;
  return asDouble[0]!;
}

/** Along `least, least + rise, …`, the index of the first value past the bucket of `value`; `Infinity` on a level line. */
function indexPastBucket(least: number, rise: number, value: number): number {
  if (rise === 0) return Number.POSITIVE_INFINITY;
  return value === 0 ? 0 : Math.ceil((lowerEdge(bucketOf(value) + 1) - least) / rise);
}

/**
 * Weighted non-negative values in buckets of equal relative width. Count, sum, mean, least and greatest are exact,
 * quantiles are within `histogramRelativeError`; memory grows with the octaves in use, not with the values; two
 * histograms merge into what one would have held.
 */
export class Histogram {
  readonly #octaves = new Map<number, Float64Array>();
  readonly #sum = new ExactSum();
  #lastOctave = -1;
  #lastCounts = new Float64Array(0);
  #zeros = 0;
  #count = 0;
  #least = Number.POSITIVE_INFINITY;
  #greatest = Number.NEGATIVE_INFINITY;

  get count(): number {
    return this.#count;
  }
  get sum(): number {
    return this.#sum.value;
  }
  /** The mean of the values, or NaN when there are none. */
  get mean(): number {
    return this.#sum.value / this.#count;
  }
  get least(): number {
    return this.#least;
  }
  get greatest(): number {
    return this.#greatest;
  }

  /** Records `value` as often as `weight` says. Throws `InvariantError` for a negative, infinite or missing value. */
  record(value: number, weight = 1): void {
    if (!(value >= 0 && value < Number.POSITIVE_INFINITY)) throw new InvariantError(`cannot record ${value}`);
    this.#tally(value, value, weight, value * weight);
  }

  /**
   * Records the `count` values `first, first + step, first + 2·step, …`, each as often as `weight` says, in time that
   * grows with the buckets they cross and not with their number.
   */
  recordRamp(first: number, step: number, count: number, weight = 1): void {
    const last = first + step * (count - 1);
    if (!(first >= 0 && last >= 0 && first + last < Number.POSITIVE_INFINITY)) {
      throw new InvariantError(`cannot record ${count} values from ${first} by ${step}`);
    }
    const [least, rise] = step < 0 ? [last, -step] : [first, step];
    for (let index = 0; index < count; ) {
      const value = least + rise * index;
      const next = Math.min(count, Math.max(index + 1, indexPastBucket(least, rise, value)));
      const many = next - index;
      this.#tally(value, least + rise * (next - 1), weight * many, weight * many * (value + (rise * (many - 1)) / 2));
      index = next;
    }
  }

  #tally(least: number, greatest: number, weight: number, sum: number): void {
    if (least === 0) this.#zeros += weight;
    else {
      const bucket = bucketOf(least);
      const counts = this.#countsOf(bucket >> mantissaBits);
      const index = bucket & (bucketsPerOctave - 1);
      counts[index] = counts[index]! + weight;
    }
    this.#count += weight;
    this.#sum.add(sum);
    if (least < this.#least) this.#least = least;
    if (greatest > this.#greatest) this.#greatest = greatest;
  }

  #countsOf(octave: number): Float64Array {
    if (octave === this.#lastOctave) return this.#lastCounts;
    let counts = this.#octaves.get(octave);
    if (counts === undefined) {
      counts = new Float64Array(bucketsPerOctave);
      this.#octaves.set(octave, counts);
    }
    this.#lastOctave = octave;
    this.#lastCounts = counts as Float64Array<ArrayBuffer>;
    return counts;
  }

  merge(other: Histogram): void {
    for (const [octave, theirs] of other.#octaves) {
      const ours = this.#countsOf(octave);
      for (let index = 0; index < bucketsPerOctave; index++) ours[index] = ours[index]! + theirs[index]!;
    }
    this.#zeros += other.#zeros;
    this.#count += other.#count;
    this.#sum.merge(other.#sum);
    this.#least = Math.min(this.#least, other.#least);
    this.#greatest = Math.max(this.#greatest, other.#greatest);
  }

  /**
   * The smallest recorded value, within `histogramRelativeError`, such that at least a share `q` of all weight is at or
   * below it; NaN when nothing was recorded. Throws `UserError` for a `q` outside 0 to 1.
   */
  quantile(q: number): number {
    if (!(q >= 0 && q <= 1)) throw new UserError("quantile", `${q} is not a share`, "0 to 1");
    if (this.#count === 0) return Number.NaN;
    const target = q * this.#count;
    let seen = this.#zeros;
    if (seen > 0 && seen >= target) return 0;
    for (const octave of [...this.#octaves.keys()].sort((a, b) => a - b)) {
      const counts = this.#octaves.get(octave)!;
      for (let index = 0; index < bucketsPerOctave; index++) {
        if (counts[index] === 0) continue;
        seen += counts[index]!;
        if (seen < target * (1 - 1e-12)) continue;
        const bucket = octave * bucketsPerOctave + index;
        const middle = (lowerEdge(bucket) + lowerEdge(bucket + 1)) / 2;
        return Math.min(this.#greatest, Math.max(this.#least, middle));
      }
    }
    return this.#greatest;
  }
}
