import { BucketCounter, bucketNumbers, noCounts } from "./bucket-counts.ts";
import { InvariantError, UserError } from "./errors.ts";
import { ExactSum } from "./sums.ts";

/** Each octave is cut into this many equal buckets. */
const bucketsPerOctave = 512;
const mantissaBits = 9;

/**
 * A quantile between 2^-64 and 2^64 is off by at most this share of its value, less than 0.1 %: half a bucket at the lower
 * end of an octave.
 */
export const histogramRelativeError = 1 / (2 * bucketsPerOctave);

/** The two halves of a double, to read exponent and leading mantissa bits without a logarithm (little-endian words). */
const asDouble = new Float64Array(1);
const asWords = new Uint32Array(asDouble.buffer);
const high = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1 ? 1 : 0;

/** The 128 octaves from 2^-64 to 2^64 have buckets of their own, what lies beyond shares the first or the last. */
const firstExponent = 1023 - 64;

/** The number of the bucket that holds a positive value: its exponent and the first nine bits of its mantissa. */
function bucketOf(value: number): number {
  asDouble[0] = value;
  const bucket = (asWords[high]! >>> (20 - mantissaBits)) - firstExponent * bucketsPerOctave;
  return bucket < 0 ? 0 : Math.min(bucket, bucketNumbers - 1);
}

/** The smallest value of a bucket. */
function lowerEdge(bucket: number): number {
  asWords[high] = (bucket + firstExponent * bucketsPerOctave) << (20 - mantissaBits);
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
 * histograms merge into what one would have held. Values that never came are counted apart: quantiles, and they alone,
 * rank them beyond all others.
 */
export class Histogram {
  /** Counts what comes in; none while nothing does. */
  #counter: BucketCounter | undefined;
  /** What was counted before the counter began. */
  #counted = noCounts;
  readonly #sum = new ExactSum();
  #zeros = 0;
  #count = 0;
  #missing = 0;
  #least = Number.POSITIVE_INFINITY;
  #greatest = Number.NEGATIVE_INFINITY;

  get count(): number {
    return this.#count;
  }
  /** How many values never came. */
  get missing(): number {
    return this.#missing;
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
    if (count === 0) return;
    const last = first + step * (count - 1);
    if (!(first >= 0 && last >= 0 && first + last < Number.POSITIVE_INFINITY)) {
      throw new InvariantError(`cannot record ${count} values from ${first} by ${step}`);
    }
    if (count === 1) {
      this.#tally(first, first, weight, weight * first);
      return;
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

  /** Notes a value that never came. */
  recordMissing(): void {
    this.#missing++;
  }

  #tally(least: number, greatest: number, weight: number, sum: number): void {
    if (least === 0) this.#zeros += weight;
    else this.#counting().add(bucketOf(least), weight);
    this.#count += weight;
    this.#sum.add(sum);
    if (least < this.#least) this.#least = least;
    if (greatest > this.#greatest) this.#greatest = greatest;
  }

  merge(other: Histogram): void {
    other.compact();
    this.#counting().addAll(other.#counted);
    this.#zeros += other.#zeros;
    this.#count += other.#count;
    this.#missing += other.#missing;
    this.#sum.merge(other.#sum);
    this.#least = Math.min(this.#least, other.#least);
    this.#greatest = Math.max(this.#greatest, other.#greatest);
  }

  /** Gives back the memory that only recording needs; what was recorded stays, and more may be recorded later. */
  compact(): void {
    if (this.#counter === undefined) return;
    this.#counter.addAll(this.#counted);
    this.#counted = this.#counter.drain();
    this.#counter = undefined;
  }

  #counting(): BucketCounter {
    this.#counter ??= BucketCounter.ofZeros();
    return this.#counter;
  }

  /** Σ of a function of every recorded value, the value taken within `histogramRelativeError`. */
  sumOf(of: (value: number) => number): number {
    this.compact();
    const { buckets, counts } = this.#counted;
    let sum = this.#zeros === 0 ? 0 : this.#zeros * of(0);
    for (let entry = 0; entry < buckets.length; entry++) sum += counts[entry]! * of(this.#middle(buckets[entry]!));
    return sum;
  }

  /**
   * The smallest recorded value, within `histogramRelativeError`, such that at least a share `q` of all weight, missing
   * values included, is at or below it. `Infinity` where no recorded value is large enough; NaN where there is neither a
   * recorded value nor a missing one. Throws `UserError` for a `q` outside 0 to 1.
   */
  quantile(q: number): number {
    if (!(q >= 0 && q <= 1)) throw new UserError("quantile", `${q} is not a share`, "0 to 1");
    const total = this.#count + this.#missing;
    if (total === 0) return Number.NaN;
    // The product may come out a rounding error above the whole number that it stands for.
    const target = q * total * (1 - 1e-12);
    if (this.#count === 0 || target > this.#count) return Number.POSITIVE_INFINITY;
    let seen = this.#zeros;
    if (seen > 0 && seen >= target) return 0;
    this.compact();
    const { buckets, counts } = this.#counted;
    for (let entry = 0; entry < buckets.length; entry++) {
      seen += counts[entry]!;
      if (seen < target) continue;
      return this.#middle(buckets[entry]!);
    }
    return this.#greatest;
  }

  /** Stands for the values of a bucket. */
  #middle(bucket: number): number {
    const middle = (lowerEdge(bucket) + lowerEdge(bucket + 1)) / 2;
    return Math.min(this.#greatest, Math.max(this.#least, middle));
  }
}
