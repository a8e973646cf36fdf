import { InvariantError } from "../../core/errors.ts";

/** Two instants that should be one differ by no more than this share of them. */
const rounding = 1e-12;

/** One microbatch of a replica: it owns the time of one stage, which is booked up to an instant. */
export class Lane {
  /** Sequences and prompts in it. */
  sequences = 0;
  #untilSeconds = 0;
  /** Of the run's time until then, that in which requests waited. */
  #queuedSeconds = 0;

  /** Time not booked yet. Throws `InvariantError` where it is below nothing: the lane was in two steps at once. */
  secondsSince(seconds: number): number {
    const since = seconds - this.#untilSeconds;
    if (since < -rounding * seconds) throw new InvariantError("a microbatch was in two steps at once");
    return since;
  }

  /** How much of that time went by while requests waited, when they have waited for so much of the run's time. */
  queuedSecondsSince(seconds: number, queuedSeconds: number): number {
    return Math.min(this.secondsSince(seconds), queuedSeconds - this.#queuedSeconds);
  }

  bookedUntil(seconds: number, queuedSeconds: number): void {
    this.#untilSeconds = seconds;
    this.#queuedSeconds = queuedSeconds;
  }
}
