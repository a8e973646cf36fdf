/** Σ j for j in [from, to). */
function sumOfIndices(from: number, to: number): number {
  return (to * (to - 1) - from * (from - 1)) / 2;
}

/** Σ j² for j in [from, to). */
function sumOfSquares(from: number, to: number): number {
  return ((to - 1) * to * (2 * to - 1) - (from - 1) * from * (2 * from - 1)) / 6;
}

/** Σ start + slope·j for j in [from, to). */
export function sumOfLine(start: number, slope: number, from: number, to: number): number {
  return start * (to - from) + slope * sumOfIndices(from, to);
}

/** Σ j·(start + slope·j) for j in [from, to). */
export function sumOfIndexedLine(start: number, slope: number, from: number, to: number): number {
  return start * sumOfIndices(from, to) + slope * sumOfSquares(from, to);
}
