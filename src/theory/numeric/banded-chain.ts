/** A Markov chain on `0 ... states - 1` whose jumps are bounded. */
export interface BandedChain {
  readonly states: number;
  /** Longest jump downwards. */
  readonly down: number;
  /** Longest jump upwards; a row may reach beyond the last state, which then takes the probability. */
  readonly up: number;
  /** Calls `put` for each state that can follow `from`, with its probability (at most one sum per state is needed). */
  readonly row: (from: number, put: (to: number, probability: number) => void) => void;
}

/**
 * Stationary distribution of a banded chain by the elimination of Grassmann, Taksar and Heyman (Operations Research 33,
 * 1985): states are taken out from the last to the first without a single subtraction, so that every probability, however
 * small, keeps its relative precision. Rows need not sum to one exactly. States that are never returned to get 0; all others
 * must reach each other. Work: `states·up·down`.
 */
export function stationaryDistribution(chain: BandedChain): Float64Array {
  const { states, down, up } = chain;
  const width = down + up + 1;
  const matrix = filled(chain, width);
  let lowest = states - 1;
  while (lowest > 0 && eliminate(matrix, lowest, down, up, width)) lowest--;

  const weights = new Float64Array(states);
  weights[lowest] = 1;
  let total = 1;
  for (let to = lowest + 1; to < states; to++) {
    let weight = 0;
    for (let from = Math.max(lowest, to - up); from < to; from++) {
      weight += weights[from]! * matrix[from * width + (to - from + down)]!;
    }
    weights[to] = weight;
    total += weight;
  }
  return weights.map((weight) => weight / total);
}

function filled({ states, down, row }: BandedChain, width: number): Float64Array {
  const matrix = new Float64Array(states * width);
  for (let from = 0; from < states; from++) {
    row(from, (to, probability) => {
      const index = from * width + (Math.min(to, states - 1) - from + down);
      matrix[index] = matrix[index]! + probability;
    });
  }
  return matrix;
}

/** Takes out the last state left; false if no state below can be reached from it, which makes it the lowest to keep. */
function eliminate(matrix: Float64Array, last: number, down: number, up: number, width: number): boolean {
  const lastRow = last * width + down - last;
  const lowest = Math.max(0, last - down);
  let leaving = 0;
  for (let to = lowest; to < last; to++) leaving += matrix[lastRow + to]!;
  if (leaving === 0) return false;
  for (let from = Math.max(0, last - up); from < last; from++) {
    const row = from * width + down - from;
    const share = matrix[row + last]! / leaving;
    matrix[row + last] = share;
    if (share === 0) continue;
    for (let to = lowest; to < last; to++) matrix[row + to] = matrix[row + to]! + share * matrix[lastRow + to]!;
  }
  return true;
}
