import { sumOfIndexedLine, sumOfLine } from "./line-sums.ts";
import type { StepRun, VisitStretch } from "./step-run.ts";
import type { StepTimeModel } from "./step-time.ts";

/**
 * Steps of one unchanging batch, known in advance: each step every decoding sequence gains a token, so contexts grow
 * evenly, the network's share is constant, and arithmetic and memory reads each lie on a straight line over the steps.
 * The greater of the two changes at most once, at step `crossing`; sums over any stretch are closed forms.
 *
 * Holds for one pipeline stage, where steps follow one another without a gap, and for steady step times. One object
 * serves one run after another, since a run of the simulator begins millions of them.
 */
export class SteadyRun implements StepRun {
  /** What each step spends between stages, or each hop does, by the step time model. */
  hopSeconds = Number.NaN;
  #stepParts = 1;
  #computeStart = Number.NaN;
  #computeSlope = Number.NaN;
  #memoryStart = Number.NaN;
  #memorySlope = Number.NaN;
  /** The line of step durations before the crossing, and from it on. */
  #earlyStart = Number.NaN;
  #earlySlope = Number.NaN;
  #lateStart = Number.NaN;
  #lateSlope = Number.NaN;
  /** The first step that the late line governs; `Infinity` when the early line governs all. */
  #crossing = Number.NaN;
  #earlySeconds = Number.NaN;

  /**
   * Begins a run whose first step has `tokens` new tokens, so many attention pairs and so many cached tokens to read; each
   * further step has `growth` more of both, one for each decoding sequence.
   */
  begin(stepTime: StepTimeModel, tokens: number, attentionPairs: number, kvTokensRead: number, growth: number): this {
    const { costs } = stepTime;
    const row = costs.rowOf(tokens);
    this.hopSeconds = costs.hopSeconds(row);
    this.#stepParts = stepTime.stepParts;
    const fixedSeconds = costs.fixedSeconds(row);
    const computeStart = costs.computeSeconds(row) + stepTime.computeSecondsPerPair * attentionPairs;
    const computeSlope = stepTime.computeSecondsPerPair * growth;
    const memoryStart = costs.memorySeconds(row) + stepTime.memorySecondsPerKvToken * kvTokensRead;
    const memorySlope = stepTime.memorySecondsPerKvToken * growth;
    const memoryFirst = memoryStart > computeStart || (memoryStart === computeStart && memorySlope > computeSlope);
    const lead = Math.abs(memoryStart - computeStart);
    const gain = memoryFirst ? computeSlope - memorySlope : memorySlope - computeSlope;
    this.#computeStart = computeStart;
    this.#computeSlope = computeSlope;
    this.#memoryStart = memoryStart;
    this.#memorySlope = memorySlope;
    this.#earlyStart = fixedSeconds + (memoryFirst ? memoryStart : computeStart);
    this.#earlySlope = memoryFirst ? memorySlope : computeSlope;
    this.#lateStart = fixedSeconds + (memoryFirst ? computeStart : memoryStart);
    this.#lateSlope = memoryFirst ? computeSlope : memorySlope;
    this.#crossing = gain > 0 ? Math.floor(lead / gain) + 1 : Number.POSITIVE_INFINITY;
    this.#earlySeconds = gain > 0 ? sumOfLine(this.#earlyStart, this.#earlySlope, 0, this.#crossing) : 0;
    return this;
  }

  /** Duration of step `index`, counted from 0. */
  stepSeconds(index: number): number {
    if (index < this.#crossing) return this.#earlyStart + this.#earlySlope * index;
    return this.#lateStart + this.#lateSlope * index;
  }

  seconds(steps: number): number {
    if (steps <= this.#crossing) return sumOfLine(this.#earlyStart, this.#earlySlope, 0, steps);
    return this.#earlySeconds + sumOfLine(this.#lateStart, this.#lateSlope, this.#crossing, steps);
  }

  computeSeconds(steps: number): number {
    return sumOfLine(this.#computeStart, this.#computeSlope, 0, steps);
  }

  memorySeconds(steps: number): number {
    return sumOfLine(this.#memoryStart, this.#memorySlope, 0, steps);
  }

  firstStageSeconds(steps: number): number {
    if (this.#stepParts === 1) return this.seconds(steps);
    // Of a split step, its parts one after another; the rest is the way of the last of them through the other stages.
    return (this.#stepParts * (this.seconds(steps) - steps * this.hopSeconds)) / (2 * this.#stepParts - 1);
  }

  stageWaitSeconds(): number {
    return 0;
  }

  indexSeconds(steps: number): number {
    const early = Math.min(steps, this.#crossing);
    const seconds = sumOfIndexedLine(this.#earlyStart, this.#earlySlope, 0, early);
    return steps > early ? seconds + sumOfIndexedLine(this.#lateStart, this.#lateSlope, early, steps) : seconds;
  }

  eachStretch(steps: number, visit: VisitStretch): void {
    const early = Math.min(steps, this.#crossing);
    visit(this.#earlyStart, this.#earlySlope, early);
    if (steps > early) visit(this.stepSeconds(early), this.#lateSlope, steps - early);
  }

  /**
   * The fewest steps, at least one and at most `most`, that together last `elapsedSeconds` or longer: the step boundary
   * at which something that comes so long after the start can be taken up. Solves one quadratic.
   */
  stepsToLast(elapsedSeconds: number, most: number): number {
    if (elapsedSeconds > this.seconds(most)) return most;
    const late = this.#crossing < most && elapsedSeconds > this.#earlySeconds;
    const start = late ? this.#lateStart : this.#earlyStart;
    const slope = late ? this.#lateSlope : this.#earlySlope;
    const from = late ? this.#crossing : 0;
    // Σ_{j=from}^{k-1} (start + slope·j) is what is left of the elapsed time: slope/2·k² + (start − slope/2)·k = constant.
    const linear = start - slope / 2;
    const constant = elapsedSeconds - (late ? this.#earlySeconds : 0) + sumOfLine(start, slope, 0, from);
    const root = (2 * constant) / (linear + Math.sqrt(Math.max(0, linear * linear + 2 * slope * constant)));
    let steps = Math.min(most, Math.max(1, Math.ceil(root)));
    // The root is rounded; the boundaries themselves decide.
    while (steps > 1 && this.seconds(steps - 1) >= elapsedSeconds) steps--;
    while (steps < most && this.seconds(steps) < elapsedSeconds) steps++;
    return steps;
  }
}
