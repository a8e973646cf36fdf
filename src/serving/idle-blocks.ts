/** A block that can stand in line. */
export interface Queued<Block> {
  before: Block | undefined;
  after: Block | undefined;
}

/**
 * The line of blocks nobody uses, the longest idle first. Each knows its neighbours, so that one leaves from anywhere in
 * O(1): a `Map` in order of insertion scans what was deleted from its head.
 */
export class IdleBlocks<Block extends Queued<Block>> {
  #first: Block | undefined;
  #last: Block | undefined;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** The block that has been idle longest. */
  get first(): Block | undefined {
    return this.#first;
  }

  push(block: Block): void {
    block.before = this.#last;
    if (this.#last === undefined) this.#first = block;
    else this.#last.after = block;
    this.#last = block;
    this.#length++;
  }

  /** Takes out a block that stands in line. */
  remove(block: Block): void {
    const { before, after } = block;
    if (before === undefined) this.#first = after;
    else before.after = after;
    if (after === undefined) this.#last = before;
    else after.before = before;
    block.before = undefined;
    block.after = undefined;
    this.#length--;
  }
}
