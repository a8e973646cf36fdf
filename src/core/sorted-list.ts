/** A block that grows past this is cut in two: long enough that blocks are few, short enough that moves within one are cheap. */
const longestBlock = 64;

/**
 * A list that is always in order: an array cut into blocks, so that an item added anywhere moves but a part of one block.
 * Of n items, adding compares O(log n); taking the first, or looking at the first few, compares none.
 */
export class SortedList<T> {
  readonly #isBefore: (one: T, other: T) => boolean;
  /** In order, none of them empty. */
  readonly #blocks: T[][] = [];
  #length = 0;

  /** @param isBefore a strict total order: of two different items one is before the other. */
  constructor(isBefore: (one: T, other: T) => boolean) {
    this.#isBefore = isBefore;
  }

  get length(): number {
    return this.#length;
  }

  /** The item at a place counted from 0, undefined past the end; it passes over the blocks before it. */
  at(place: number): T | undefined {
    for (const block of this.#blocks) {
      if (place < block.length) return block[place];
      place -= block.length;
    }
    return undefined;
  }

  add(item: T): void {
    this.#length++;
    if (this.#blocks.length === 0) {
      this.#blocks.push([item]);
      return;
    }
    const index = Math.min(this.#blockOf(item), this.#blocks.length - 1);
    const block = this.#blocks[index]!;
    insert(block, this.#placeIn(block, item), item);
    if (block.length > longestBlock) this.#blocks.splice(index + 1, 0, block.splice(block.length >> 1));
  }

  /** Takes the first item out. */
  shift(): T | undefined {
    const first = this.#blocks[0];
    if (first === undefined) return undefined;
    this.#length--;
    if (first.length === 1) this.#blocks.shift();
    return first.shift();
  }

  /** The first block whose last item is not before this one, by bisection. */
  #blockOf(item: T): number {
    let low = 0;
    let high = this.#blocks.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const block = this.#blocks[middle]!;
      if (this.#isBefore(block[block.length - 1]!, item)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The first place in a block whose item is not before this one, by bisection. */
  #placeIn(block: readonly T[], item: T): number {
    let low = 0;
    let high = block.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#isBefore(block[middle]!, item)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** As `splice` does, which would be slower by the array that it makes. */
function insert<T>(block: T[], place: number, item: T): void {
  block.push(item);
  for (let at = block.length - 1; at > place; at--) block[at] = block[at - 1]!;
  block[place] = item;
}
