/** The part of a step's time that depends on its token count alone; over all layers, the network's being the all-reduces only. */
export interface TokenCost {
  readonly computeSeconds: number;
  readonly memorySeconds: number;
  readonly networkLatencySeconds: number;
  readonly networkBandwidthSeconds: number;
  readonly launchSeconds: number;
  readonly hopLatencySeconds: number;
  readonly hopBandwidthSeconds: number;
  /** One hop between neighbouring stages, latency and bandwidth. */
  readonly hopSeconds: number;
}

/** Token counts below this are remembered: decode batches, and most of those that read prompts beside. */
const rememberedTokens = 2_048;

/** Numbers of a row: launch and network together, compute, memory, one hop. */
const rowLength = 4;

const noRows = new Float64Array(0);

/** One row more than there are counts, for what is not remembered. */
const unknownRows = () => new Float64Array(rowLength * (rememberedTokens + 1)).fill(Number.NaN);

/**
 * What steps cost by their token count, remembered side by side: objects of the same numbers, asked for by one count and then
 * another, would miss the processor's caches.
 */
export class StepCosts {
  readonly #costOf: (tokens: number) => TokenCost;
  #rows = noRows;

  constructor(costOf: (tokens: number) => TokenCost) {
    this.#costOf = costOf;
  }

  /** The row of so many new tokens, to be read at once: those of counts that are not remembered share one. */
  rowOf(tokens: number): number {
    // Many models are only asked for single steps: the rows are made for those that are asked for more.
    if (this.#rows === noRows) this.#rows = unknownRows();
    const isRemembered = tokens < rememberedTokens && Number.isInteger(tokens);
    const row = rowLength * (isRemembered ? tokens : rememberedTokens);
    if (isRemembered && !Number.isNaN(this.#rows[row]!)) return row;
    const cost = this.#costOf(tokens);
    this.#rows[row] = cost.launchSeconds + cost.networkLatencySeconds + cost.networkBandwidthSeconds;
    this.#rows[row + 1] = cost.computeSeconds;
    this.#rows[row + 2] = cost.memorySeconds;
    this.#rows[row + 3] = cost.hopSeconds;
    return row;
  }

  /** Launch and network, but for hops. */
  fixedSeconds(row: number): number {
    return this.#rows[row]!;
  }
  computeSeconds(row: number): number {
    return this.#rows[row + 1]!;
  }
  memorySeconds(row: number): number {
    return this.#rows[row + 2]!;
  }
  hopSeconds(row: number): number {
    return this.#rows[row + 3]!;
  }
}
