import type { VisitStretch } from "../bounds/step-run.ts";

/** Instants are rounded, and what lies between two of them is off by some units in the last place of the instants. */
const rounding = 2 ** -48;

/** Durations in a row, kept as straight lines: those that lie on one, but for the rounding of their instants, cost no more than two. */
export class Stretches {
  readonly #first: number[] = [];
  readonly #last: number[] = [];
  readonly #count: number[] = [];
  #lines = 0;

  clear(): void {
    this.#lines = 0;
  }

  /** Appends a duration that ended at an instant. */
  add(seconds: number, endSeconds: number): void {
    const line = this.#lines - 1;
    if (line < 0 || Math.abs(seconds - this.#expected(line, seconds)) > rounding * endSeconds) {
      this.#first[line + 1] = seconds;
      this.#count[line + 1] = 0;
      this.#lines++;
    }
    this.#last[this.#lines - 1] = seconds;
    this.#count[this.#lines - 1] = this.#count[this.#lines - 1]! + 1;
  }

  each(visit: VisitStretch): void {
    for (let line = 0; line < this.#lines; line++) visit(this.#first[line]!, this.#growth(line), this.#count[line]!);
  }

  /** What the next duration of a line would be; any will do for the second. */
  #expected(line: number, seconds: number): number {
    return this.#count[line] === 1 ? seconds : this.#last[line]! + this.#growth(line);
  }

  #growth(line: number): number {
    const gaps = this.#count[line]! - 1;
    return gaps === 0 ? 0 : (this.#last[line]! - this.#first[line]!) / gaps;
  }
}
