/** How often each bucket in use was counted, buckets ascending. Plain arrays: a run keeps many short ones, and a typed array costs more to make. */
export interface BucketCounts {
  readonly buckets: readonly number[];
  readonly counts: readonly number[];
}

export const noCounts: BucketCounts = { buckets: [], counts: [] };

/** Buckets are numbered from 0 to one less than this. */
export const bucketNumbers = 65_536;

const pageBits = 9;
const pageSize = 1 << pageBits;
const pageNumbers = bucketNumbers >> pageBits;

const scratchBuckets: number[] = [];
const scratchCounts: number[] = [];

/** Neighbouring buckets, and which of them are in use, a bit each: few are in a short count. */
class Page {
  readonly counts = new Float64Array(pageSize);
  readonly used = new Int32Array(pageSize >> 5);
}

/** Counters and pages that are all zero again, for whoever counts next: a run has many short counts. */
const idleCounters: BucketCounter[] = [];
const idlePages: Page[] = [];

/** Counts buckets in pages that come to be on first use; draining it costs as much as the buckets in use. */
export class BucketCounter {
  readonly #pages: (Page | undefined)[] = new Array(pageNumbers).fill(undefined);

  /** A counter with all buckets at zero. */
  static ofZeros(): BucketCounter {
    return idleCounters.pop() ?? new BucketCounter();
  }

  /** Counts a bucket as often as `weight` says, which is above 0. */
  add(bucket: number, weight: number): void {
    const { counts, used } = this.#pages[bucket >> pageBits] ?? this.#begin(bucket >> pageBits);
    const index = bucket & (pageSize - 1);
    const before = counts[index]!;
    if (before === 0) used[index >> 5] = used[index >> 5]! | (1 << index);
    counts[index] = before + weight;
  }

  addAll({ buckets, counts }: BucketCounts): void {
    for (let entry = 0; entry < buckets.length; entry++) this.add(buckets[entry]!, counts[entry]!);
  }

  #begin(number: number): Page {
    const page = idlePages.pop() ?? new Page();
    this.#pages[number] = page;
    return page;
  }

  /** Takes all counts out; the counter is then for somebody else. */
  drain(): BucketCounts {
    const pages = this.#pages;
    let entries = 0;
    for (let number = 0; number < pageNumbers; number++) {
      const page = pages[number];
      if (page === undefined) continue;
      entries = drainPage(page, number << pageBits, entries);
      pages[number] = undefined;
      idlePages.push(page);
    }
    idleCounters.push(this);
    return { buckets: scratchBuckets.slice(0, entries), counts: scratchCounts.slice(0, entries) };
  }
}

/** Moves the counts of a page to the scratch, after so many entries; returns how many entries there then are. */
function drainPage({ counts, used }: Page, firstBucket: number, entriesBefore: number): number {
  let entries = entriesBefore;
  for (let word = 0; word < used.length; word++) {
    for (let bits = used[word]!; bits !== 0; bits &= bits - 1) {
      const index = (word << 5) + 31 - Math.clz32(bits & -bits);
      scratchBuckets[entries] = firstBucket + index;
      scratchCounts[entries++] = counts[index]!;
      counts[index] = 0;
    }
    used[word] = 0;
  }
  return entries;
}
