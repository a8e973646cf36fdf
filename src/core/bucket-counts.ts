/** How often each bucket in use was counted, buckets ascending. */
export interface BucketCounts {
  readonly buckets: Int32Array;
  readonly counts: Float64Array;
}

export const noCounts: BucketCounts = { buckets: new Int32Array(0), counts: new Float64Array(0) };

/** Buckets are numbered from 0 to one less than this. */
export const bucketNumbers = 65_536;

const pageBits = 6;
const pageSize = 1 << pageBits;
const pageNumbers = bucketNumbers >> pageBits;

const scratchBuckets = new Int32Array(bucketNumbers);
const scratchCounts = new Float64Array(bucketNumbers);

/** Counters that are all zero again, for whoever counts next: a run has many short counts. */
const idle: BucketCounter[] = [];

/** Pages of zeros that no counter has. */
const sparePages: Float64Array[] = [];

/** Counts buckets in pages that come to be on first use; draining it costs as much as the pages that were touched. */
export class BucketCounter {
  readonly #pages: (Float64Array | undefined)[] = new Array(pageNumbers).fill(undefined);
  #firstTouched = pageNumbers;
  #lastTouched = -1;

  /** A counter with all buckets at zero. */
  static ofZeros(): BucketCounter {
    return idle.pop() ?? new BucketCounter();
  }

  add(bucket: number, weight: number): void {
    const page = this.#pages[bucket >> pageBits] ?? this.#touch(bucket >> pageBits);
    const index = bucket & (pageSize - 1);
    page[index] = page[index]! + weight;
  }

  addAll({ buckets, counts }: BucketCounts): void {
    for (let entry = 0; entry < buckets.length; entry++) this.add(buckets[entry]!, counts[entry]!);
  }

  #touch(number: number): Float64Array {
    this.#firstTouched = Math.min(this.#firstTouched, number);
    this.#lastTouched = Math.max(this.#lastTouched, number);
    const page = sparePages.pop() ?? new Float64Array(pageSize);
    this.#pages[number] = page;
    return page;
  }

  /** Takes all counts out; the counter is then for somebody else. */
  drain(): BucketCounts {
    let used = 0;
    for (let number = this.#firstTouched; number <= this.#lastTouched; number++) {
      const page = this.#pages[number];
      if (page === undefined) continue;
      for (let index = 0; index < pageSize; index++) {
        const weight = page[index]!;
        if (weight === 0) continue;
        page[index] = 0;
        scratchBuckets[used] = number * pageSize + index;
        scratchCounts[used++] = weight;
      }
      this.#pages[number] = undefined;
      sparePages.push(page);
    }
    this.#firstTouched = pageNumbers;
    this.#lastTouched = -1;
    idle.push(this);
    return { buckets: scratchBuckets.slice(0, used), counts: scratchCounts.slice(0, used) };
  }
}
