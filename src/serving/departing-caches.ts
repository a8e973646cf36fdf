/** KV caches that hold their blocks until they have arrived elsewhere: whatever runs meanwhile, time goes on for them. */
export class DepartingCaches {
  #tokens = 0;
  /** ∫ tokens · dt that has not been told yet, and until when it goes. */
  #tokenSeconds = 0;
  #untilSeconds = 0;

  add(tokens: number, atSeconds: number): void {
    this.#countUntil(atSeconds);
    this.#tokens += tokens;
  }

  remove(tokens: number, atSeconds: number): void {
    this.#countUntil(atSeconds);
    this.#tokens -= tokens;
  }

  /** ∫ tokens held · dt up to an instant, since it was last asked for. */
  takeTokenSeconds(atSeconds: number): number {
    this.#countUntil(atSeconds);
    const total = this.#tokenSeconds;
    this.#tokenSeconds = 0;
    return total;
  }

  #countUntil(seconds: number): void {
    if (seconds <= this.#untilSeconds) return;
    this.#tokenSeconds += this.#tokens * (seconds - this.#untilSeconds);
    this.#untilSeconds = seconds;
  }
}
