import FlatQueue from "flatqueue";
import { InvariantError } from "../core/errors.ts";
import type { Request } from "./request.ts";

/** A request while it decodes: its context is known at any step from where it stood when it joined. */
export interface Sequence {
  readonly request: Request;
  /** The first decode step that it takes part in. */
  readonly joinStep: number;
  /** Its cached tokens as that step begins. */
  readonly contextAtJoin: number;
  /** The step before which it leaves, all its tokens emitted. */
  readonly endStep: number;
  running: boolean;
}

/**
 * The decoding sequences of one microbatch. Steps are numbered; every step gives each sequence one token, so nothing is
 * kept per token: joining and leaving cost O(log batch), any number of steps between them O(1).
 */
export class RunningSet {
  /** The step to come. */
  step = 0;
  /** Cached tokens of all sequences together as that step begins. */
  contextTokens = 0;
  #size = 0;
  readonly #byEnd = new FlatQueue<Sequence>();
  /** In order of joining, the newest last; those that have left go when they come to the end. */
  #byJoining: Sequence[] = [];

  get size(): number {
    return this.#size;
  }

  /** Steps until the next sequence has emitted all its tokens; `Infinity` when none runs. */
  get stepsUntilEnd(): number {
    this.#dropLeft();
    return (this.#byEnd.peekValue() ?? Number.POSITIVE_INFINITY) - this.step;
  }

  /** Adds a sequence whose prefill has just filled `contextTokens` of cache and emitted a token. */
  join(request: Request, contextTokens: number): void {
    const endStep = this.step + request.outputTokens - request.emittedTokens;
    const sequence = { request, joinStep: this.step, contextAtJoin: contextTokens, endStep, running: true };
    this.#byEnd.push(sequence, endStep);
    this.#byJoining.push(sequence);
    this.contextTokens += contextTokens;
    this.#size++;
  }

  /** Lets `steps` steps pass. Throws `InvariantError` where a sequence would run past its end. */
  advance(steps: number): void {
    if (steps > this.stepsUntilEnd) throw new InvariantError("a sequence ran past its end");
    this.step += steps;
    this.contextTokens += steps * this.#size;
  }

  /** Takes out a sequence that ends before the step to come, if there is one. */
  takeEnded(): Sequence | undefined {
    if (this.stepsUntilEnd > 0) return undefined;
    const sequence = this.#byEnd.pop()!;
    this.#leave(sequence);
    return sequence;
  }

  /** Takes out the sequence that joined last. Throws `InvariantError` when none runs. */
  takeNewest(): Sequence {
    for (;;) {
      const sequence = this.#byJoining.pop();
      if (sequence === undefined) throw new InvariantError("no sequence to take out");
      if (!sequence.running) continue;
      this.#leave(sequence);
      return sequence;
    }
  }

  /** Cached tokens of a sequence as the step to come begins. */
  contextOf(sequence: Sequence): number {
    return sequence.contextAtJoin + this.step - sequence.joinStep;
  }

  /** Tokens that a sequence has emitted since it joined. */
  emittedSinceJoin(sequence: Sequence): number {
    return this.step - sequence.joinStep;
  }

  /** The sequences that run, oldest first. */
  *sequences(): Generator<Sequence> {
    for (const sequence of this.#byJoining) if (sequence.running) yield sequence;
  }

  #leave(sequence: Sequence): void {
    sequence.running = false;
    this.contextTokens -= this.contextOf(sequence);
    this.#size--;
    // Those that left are kept until they outnumber those that run, so that a departure costs O(1) on average.
    if (this.#byJoining.length > 32 && this.#byJoining.length > 2 * this.#size) {
      this.#byJoining = this.#byJoining.filter((other) => other.running);
    }
  }

  #dropLeft(): void {
    while (this.#byEnd.length > 0 && !this.#byEnd.peek()!.running) this.#byEnd.pop();
  }
}
