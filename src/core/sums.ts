/**
 * A running sum that does not lose what is small beside what is large: Neumaier's compensated summation
 * (Neumaier 1974), exact to about one unit in the last place whatever the number of terms.
 */
export class ExactSum {
  #sum = 0;
  #lost = 0;

  get value(): number {
    return this.#sum + this.#lost;
  }

  add(term: number): void {
    const sum = this.#sum + term;
    this.#lost += Math.abs(this.#sum) >= Math.abs(term) ? this.#sum - sum + term : term - sum + this.#sum;
    this.#sum = sum;
  }

  merge(other: ExactSum): void {
    this.add(other.#sum);
    this.add(other.#lost);
  }
}
