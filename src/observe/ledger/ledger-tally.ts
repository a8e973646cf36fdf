import { ExactSum } from "../../core/sums.ts";

/** What time is booked to as events come, in seconds of a lane; what it comes to is drawn up by `ledgerOf`. */
const noAccounts = () => ({
  /** Decoding sequences at their own contexts, and the last tokens of prompts, which emit. */
  decode: new ExactSum(),
  /** Prompts in steps of their own, and what they add to steps in which sequences decode. */
  promptsAlone: new ExactSum(),
  promptsShared: new ExactSum(),
  recompute: new ExactSum(),
  swap: new ExactSum(),
  padding: new ExactSum(),
  drafting: new ExactSum(),
  rejectedDrafts: new ExactSum(),
  moeExcess: new ExactSum(),
  busiestRank: new ExactSum(),
  idle: new ExactSum(),
  heldBack: new ExactSum(),
  warmUp: new ExactSum(),
  drain: new ExactSum(),
});

const noCounts = () => ({
  finished: 0,
  outputTokens: 0,
  /** Σ over steps of the sequences that emit, and of all places of the batch, padding included. */
  emittingPlaces: 0,
  places: 0,
  /** Σ over those places of the cached tokens that a token of theirs reads. */
  contextTokens: 0,
  /** Prompt tokens, and their pairs, in steps in which sequences decode. */
  sharedTokens: 0,
  sharedPairs: 0,
});

/** Why a batch, or an empty lane, is not full; in warm-up and drain those take the place of arrivals. */
export type Shortfall = "arrivals" | "policy" | "kvCache" | "warmUp" | "drain";
export const shortfalls: readonly Shortfall[] = ["arrivals", "policy", "kvCache", "warmUp", "drain"];

export type Account = keyof ReturnType<typeof noAccounts>;
const accounts = Object.keys(noAccounts()) as Account[];
const counters = Object.keys(noCounts()) as (keyof ReturnType<typeof noCounts>)[];

/** Everything additive that the ledger keeps of a stretch of a run. */
export class LedgerTally {
  readonly counts = noCounts();
  readonly #accounts = noAccounts();
  /** Waits for each stage of the pipeline. */
  readonly #bubbles: readonly ExactSum[];
  /** Σ over steps of the sequences that emit, by what keeps their batch from being full and by its size. */
  readonly emittingBySize: Readonly<Record<Shortfall, number[]>> = {
    arrivals: [],
    policy: [],
    kvCache: [],
    warmUp: [],
    drain: [],
  };

  constructor(stages: number) {
    this.#bubbles = Array.from({ length: stages }, () => new ExactSum());
  }

  add(account: Account, seconds: number): void {
    this.#accounts[account].add(seconds);
  }

  addBubble(stage: number, seconds: number): void {
    this.#bubbles[stage]!.add(seconds);
  }

  /** Counts so many emitting sequences of batches of one size. */
  addEmitting(shortfall: Shortfall, size: number, sequences: number): void {
    const bySize = this.emittingBySize[shortfall];
    while (bySize.length <= size) bySize.push(0);
    bySize[size] = bySize[size]! + sequences;
  }

  seconds(account: Account): number {
    return this.#accounts[account].value;
  }

  get bubbleSeconds(): readonly number[] {
    return this.#bubbles.map(({ value }) => value);
  }

  /** All time booked. */
  get bookedSeconds(): number {
    const all = new ExactSum();
    for (const name of accounts) all.merge(this.#accounts[name]);
    for (const bubble of this.#bubbles) all.merge(bubble);
    return all.value;
  }

  merge(other: LedgerTally): void {
    for (const name of counters) this.counts[name] += other.counts[name];
    for (const name of accounts) this.#accounts[name].merge(other.#accounts[name]);
    this.#bubbles.forEach((bubble, stage) => {
      bubble.merge(other.#bubbles[stage]!);
    });
    for (const shortfall of shortfalls) {
      other.emittingBySize[shortfall].forEach((sequences, size) => {
        if (sequences > 0) this.addEmitting(shortfall, size, sequences);
      });
    }
  }

  compact(): void {}
}
