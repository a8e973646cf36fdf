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
  /** Tokens that it gained beyond one in each step. */
  gainedTokens: number;
  /** The step before which it leaves, all its tokens emitted. */
  endStep: number;
  running: boolean;
  /** Whether its output has ended although it stays. */
  isPadding: boolean;
}

/**
 * The decoding sequences of one microbatch, and those that have ended but are still computed. Steps are numbered; every step gives each sequence one token, so nothing is
 * kept per token: joining and leaving cost O(log batch), any number of steps between them O(1).
 */
export class RunningSet {
  /** The step to come. */
  step = 0;
  /** Cached tokens of all sequences together as that step begins. */
  contextTokens = 0;
  /** Of those, tokens of the sequences that have ended but stay. */
  paddingTokens = 0;
  #size = 0;
  #padding = 0;
  readonly #byEnd = new FlatQueue<Sequence>();
  /** In order of joining, the newest last; those that have left go when they come to the end. */
  #byJoining: Sequence[] = [];

  get size(): number {
    return this.#size;
  }

  /** Sequences that have ended but stay. */
  get padding(): number {
    return this.#padding;
  }

  /** Steps until the next sequence has emitted all its tokens; `Infinity` when none runs. */
  get stepsUntilEnd(): number {
    this.#dropLeft();
    return (this.#byEnd.peekValue() ?? Number.POSITIVE_INFINITY) - this.step;
  }

  /** Adds a sequence whose prefill has just filled `contextTokens` of cache and emitted a token. */
  join(request: Request, contextTokens: number): void {
    const endStep = this.step + request.outputTokens - request.emittedTokens;
    const sequence: Sequence = {
      request,
      joinStep: this.step,
      contextAtJoin: contextTokens,
      gainedTokens: 0,
      endStep,
      running: true,
      isPadding: false,
    };
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
    this.paddingTokens += steps * this.#padding;
  }

  /** Gives a sequence tokens beyond the one that the step just past gave it; its end comes as much sooner. */
  gain(sequence: Sequence, tokens: number): void {
    sequence.gainedTokens += tokens;
    sequence.endStep -= tokens;
    this.#byEnd.push(sequence, sequence.endStep);
    this.contextTokens += tokens;
  }

  /** A sequence that ends before the step to come, if there is one that has not been named before. */
  nextEnded(): Sequence | undefined {
    return this.stepsUntilEnd > 0 ? undefined : this.#byEnd.pop();
  }

  /** Lets a sequence that has ended stay. */
  keepAsPadding(sequence: Sequence): void {
    sequence.isPadding = true;
    this.#padding++;
    this.paddingTokens += this.contextOf(sequence);
  }

  /** The sequence that joined last, undefined when none runs. */
  get newest(): Sequence | undefined {
    while (this.#byJoining.length > 0 && !this.#byJoining.at(-1)!.running) this.#byJoining.pop();
    return this.#byJoining.at(-1);
  }

  /** Takes a sequence out. */
  leave(sequence: Sequence): void {
    const tokens = this.contextOf(sequence);
    sequence.running = false;
    this.contextTokens -= tokens;
    this.#size--;
    if (sequence.isPadding) {
      this.paddingTokens -= tokens;
      this.#padding--;
    }
    // Those that left are kept until they outnumber those that run, so that a departure costs O(1) on average.
    if (this.#byJoining.length > 32 && this.#byJoining.length > 2 * this.#size) {
      this.#byJoining = this.#byJoining.filter((other) => other.running);
    }
  }

  /** Cached tokens of a sequence as the step to come begins. */
  contextOf(sequence: Sequence): number {
    return sequence.contextAtJoin + this.emittedSinceJoin(sequence);
  }

  /** Tokens that a sequence has emitted since it joined. */
  emittedSinceJoin(sequence: Sequence): number {
    return this.step - sequence.joinStep + sequence.gainedTokens;
  }

  /** The sequences that run, oldest first. */
  *sequences(): Generator<Sequence> {
    for (const sequence of this.#byJoining) if (sequence.running) yield sequence;
  }

  /** Sequences that left, or whose end has come sooner since, are entered in vain. */
  #dropLeft(): void {
    for (let next = this.#byEnd.peek(); next !== undefined; next = this.#byEnd.peek()) {
      if (next.running && next.endStep === this.#byEnd.peekValue()) return;
      this.#byEnd.pop();
    }
  }
}
