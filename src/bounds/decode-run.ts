import type { StepTimeModel } from "./step-time.ts";

/** Sums over the first `steps` steps of a decode run. */
export interface DecodeRunSums {
  /** Arithmetic and memory reads, each on its own, in seconds. */
  readonly computeSeconds: number;
  readonly memorySeconds: number;
  /** Σ over the steps j = 0, 1, … of j times the step's duration: weighs what grows by one with each step. */
  readonly indexSeconds: number;
}

/** Σ j for j in [from, to). */
const sumOfIndices = (from: number, to: number): number => (to * (to - 1) - from * (from - 1)) / 2;

/** Σ j² for j in [from, to). */
const sumOfSquares = (from: number, to: number): number =>
  ((to - 1) * to * (2 * to - 1) - (from - 1) * from * (2 * from - 1)) / 6;

/** The straight line `start + slope·j` of a step's duration over the steps that one bound governs. */
interface Line {
  readonly start: number;
  readonly slope: number;
}

/**
 * Decode steps of one unchanging batch, known in advance: each step every one of `sequences` sequences gains a token, so
 * contexts grow evenly, the network's share is constant, and arithmetic and memory reads each lie on a straight line.
 * The greater of the two changes at most once, at step `crossing`; sums over any stretch are closed forms.
 *
 * Holds for one pipeline stage, where steps follow one another without a gap.
 */
export class DecodeRun {
  readonly #early: Line;
  readonly #late: Line;
  /** The first step that the late line governs; `Infinity` when the early line governs all. */
  readonly #crossing: number;
  readonly #earlySeconds: number;
  readonly #compute: Line;
  readonly #memory: Line;

  /** `contextTokens`: the cached tokens of all sequences together as the first step begins. */
  constructor(stepTime: StepTimeModel, sequences: number, contextTokens: number) {
    const cost = stepTime.tokenCost(sequences);
    const fixedSeconds = cost.launchSeconds + cost.networkLatencySeconds + cost.networkBandwidthSeconds;
    const { computeSecondsPerPair, memorySecondsPerKvToken } = stepTime;
    const compute = {
      start: cost.computeSeconds + computeSecondsPerPair * contextTokens,
      slope: computeSecondsPerPair * sequences,
    };
    const memory = {
      start: cost.memorySeconds + memorySecondsPerKvToken * contextTokens,
      slope: memorySecondsPerKvToken * sequences,
    };
    this.#compute = compute;
    this.#memory = memory;
    const memoryFirst =
      memory.start > compute.start || (memory.start === compute.start && memory.slope > compute.slope);
    const [first, second] = memoryFirst ? [memory, compute] : [compute, memory];
    const meet = (first.start - second.start) / (second.slope - first.slope);
    this.#crossing = meet >= 0 && second.slope > first.slope ? Math.floor(meet) + 1 : Number.POSITIVE_INFINITY;
    this.#early = { start: fixedSeconds + first.start, slope: first.slope };
    this.#late = { start: fixedSeconds + second.start, slope: second.slope };
    this.#earlySeconds = this.#crossing === Number.POSITIVE_INFINITY ? 0 : sumOfLine(this.#early, 0, this.#crossing);
  }

  /** Duration of step `index`, counted from 0. */
  stepSeconds(index: number): number {
    const line = index < this.#crossing ? this.#early : this.#late;
    return line.start + line.slope * index;
  }

  /** Duration of the first `steps` steps together. */
  seconds(steps: number): number {
    if (steps <= this.#crossing) return sumOfLine(this.#early, 0, steps);
    return this.#earlySeconds + sumOfLine(this.#late, this.#crossing, steps);
  }

  /** Splits the first `steps` steps into stretches whose durations lie on one line each. */
  stretches(steps: number): { firstSeconds: number; stepSeconds: number; steps: number }[] {
    const early = Math.min(steps, this.#crossing);
    const list = [{ firstSeconds: this.#early.start, stepSeconds: this.#early.slope, steps: early }];
    if (steps > early) {
      list.push({ firstSeconds: this.stepSeconds(early), stepSeconds: this.#late.slope, steps: steps - early });
    }
    return list;
  }

  sums(steps: number): DecodeRunSums {
    const early = Math.min(steps, this.#crossing);
    let indexSeconds = sumOfIndexedLine(this.#early, 0, early);
    if (steps > early) indexSeconds += sumOfIndexedLine(this.#late, early, steps);
    return {
      computeSeconds: sumOfLine(this.#compute, 0, steps),
      memorySeconds: sumOfLine(this.#memory, 0, steps),
      indexSeconds,
    };
  }

  /**
   * The fewest steps, at least one and at most `most`, that together last `elapsedSeconds` or longer: the step boundary
   * at which something that comes so long after the start can be taken up. Solves one quadratic.
   */
  stepsToLast(elapsedSeconds: number, most: number): number {
    if (elapsedSeconds > this.seconds(most)) return most;
    const late = this.#crossing < most && elapsedSeconds > this.#earlySeconds;
    const line = late ? this.#late : this.#early;
    const from = late ? this.#crossing : 0;
    const before = late ? this.#earlySeconds : 0;
    // Σ_{j=from}^{k-1} (start + slope·j) = elapsed − before, as slope/2·k² + (start − slope/2)·k − … = 0.
    const half = line.slope / 2;
    const linear = line.start - half;
    const constant = elapsedSeconds - before + linear * from + half * from * from;
    const root =
      half === 0
        ? constant / linear
        : (2 * constant) / (linear + Math.sqrt(Math.max(0, linear * linear + 4 * half * constant)));
    let steps = Math.min(most, Math.max(1, Math.ceil(root)));
    // The root is rounded; the boundaries themselves decide.
    while (steps > 1 && this.seconds(steps - 1) >= elapsedSeconds) steps--;
    while (steps < most && this.seconds(steps) < elapsedSeconds) steps++;
    return steps;
  }
}

function sumOfLine(line: Line, from: number, to: number): number {
  return line.start * (to - from) + line.slope * sumOfIndices(from, to);
}

function sumOfIndexedLine(line: Line, from: number, to: number): number {
  return line.start * sumOfIndices(from, to) + line.slope * sumOfSquares(from, to);
}
