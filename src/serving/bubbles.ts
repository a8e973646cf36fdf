/**
 * Why a stage computes nothing although its replica has work. What a stage stands idle before a microbatch is traced to
 * where the delay arose:
 *
 * - `fill`: none had reached the stage since work came to the replica, which had had none;
 * - a microbatch comes late to the first stage from its way round: by its hops, `hop`; beyond them, where fewer microbatches
 *   than stages were under way, by `tooFewMicrobatches`, else by uneven stages as far as those explain it, and by uneven
 *   microbatches; it comes to another stage with the delay that it had at the stage before, its causes in proportion;
 * - `unevenStages`, `unevenMicrobatches`: beyond that, the stage before took longer over this microbatch than this stage over
 *   the one ahead, because it holds more layers, or because there was more to compute;
 * - `drain`: none followed before the work was done, or the run over.
 *
 * Where a step is one batch split into microbatches, each step fills and drains the pipeline.
 */
export interface Bubbles {
  readonly fill: number;
  readonly hop: number;
  readonly unevenStages: number;
  readonly unevenMicrobatches: number;
  readonly tooFewMicrobatches: number;
  readonly drain: number;
}

/** How late one microbatch is, in seconds by cause. */
export class Delay {
  hop = 0;
  unevenStages = 0;
  unevenMicrobatches = 0;
  tooFewMicrobatches = 0;

  scale(factor: number): void {
    this.hop *= factor;
    this.unevenStages *= factor;
    this.unevenMicrobatches *= factor;
    this.tooFewMicrobatches *= factor;
  }

  copy(other: Delay): void {
    this.hop = other.hop;
    this.unevenStages = other.unevenStages;
    this.unevenMicrobatches = other.unevenMicrobatches;
    this.tooFewMicrobatches = other.tooFewMicrobatches;
  }
}
