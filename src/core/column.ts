/** Numbers that come one by one, kept side by side in one typed array that doubles when it is full. */
export class Column {
  #values = new Float64Array(1024);
  #length = 0;

  push(value: number): void {
    if (this.#length === this.#values.length) {
      const larger = new Float64Array(2 * this.#length);
      larger.set(this.#values);
      this.#values = larger;
    }
    this.#values[this.#length++] = value;
  }

  /** Changes a value that has come. */
  set(index: number, value: number): void {
    this.#values[index] = value;
  }

  /** All values so far, in an array of their own. */
  toArray(): Float64Array {
    return this.#values.slice(0, this.#length);
  }
}
