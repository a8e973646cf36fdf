/** One measured figure. */
export interface BenchRow {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/**
 * Median wall-clock seconds of `rounds` runs in a warm process, what sets them up not timed. Memory is not collected by force between runs: that would
 * throw away compiled code too.
 */
export async function medianSeconds(
  run: () => unknown,
  setUp: () => void = () => undefined,
  rounds = 7,
  warmUps = 5,
): Promise<number> {
  const seconds: number[] = [];
  for (let round = -warmUps; round < rounds; round++) {
    setUp();
    const start = performance.now();
    await run();
    if (round >= 0) seconds.push((performance.now() - start) / 1e3);
  }
  return median(seconds);
}
