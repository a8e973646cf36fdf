/**
 * Drawing `k` distinct experts one after another, each pick with chance proportional to popularity among those left
 * (successive sampling; the same law as adding Gumbel noise to log weights and keeping the top `k`).
 * Give each expert an exponential clock of rate `w`: the first `k` to ring are the sample. So a set `S` is missed when
 * `k` others ring before the first of `S`:
 * `P(miss S) = ∫ w(S)·exp(-w(S)·t)·P(at least k others rang by t) dt`,
 * a smooth integral in one variable over a Poisson-binomial chance, here by double-exponential quadrature.
 */
export interface Misses {
  /** `P(a token misses expert i)`; the inclusion probability is one minus it. */
  readonly single: Float64Array;
  /** `P(a token misses experts i and j)` at `i·E + j`, `i ≠ j`. */
  readonly pair: Float64Array;
}

const quadratureStep = 1 / 12;

/** `P(miss i)` of each expert. Cost about `150·E·k`; absolute error below 1e-12. */
export function missProbabilities(picks: Float64Array, active: number): Float64Array {
  const single = new Float64Array(picks.length);
  if (active === picks.length) return single;
  forEachNode(picks, active, (time, weight, rang) => {
    const before = prefixes(rang, active);
    const after = suffixTails(rang, active);
    for (let i = 0; i < picks.length; i++) {
      single[i]! += weight * ringDensity(picks[i]!, time) * reachesWithout(before, after, i, i + 1, active);
    }
  });
  return settleUnpickable(single, picks);
}

/** Single and pair miss probabilities. Cost about `150·E²·k`: keep the result. */
export function missPairs(picks: Float64Array, active: number): Misses {
  const experts = picks.length;
  const pair = new Float64Array(experts * experts);
  if (active < experts) {
    forEachNode(picks, active, (time, weight, rang) => addPairs(pair, picks, active, time, weight, rang));
  }
  for (let i = 0; i < experts; i++) {
    for (let j = i + 1; j < experts; j++) {
      if (picks[i] === 0 && picks[j] === 0) pair[i * experts + j] = 1;
      pair[j * experts + i] = pair[i * experts + j]!;
    }
  }
  return { single: missProbabilities(picks, active), pair };
}

function addPairs(
  pair: Float64Array,
  picks: Float64Array,
  active: number,
  time: number,
  weight: number,
  rang: Float64Array,
): void {
  const experts = picks.length;
  const after = suffixTails(rang, active);
  const others = new Float64Array(rang.length);
  for (let i = 0; i < experts; i++) {
    others.set(rang);
    others[i] = 0;
    const before = prefixes(others, active);
    for (let j = i + 1; j < experts; j++) {
      const density = ringDensity(picks[i]! + picks[j]!, time);
      pair[i * experts + j]! += weight * density * reachesWithout(before, after, j, j + 1, active);
    }
  }
}

function ringDensity(rate: number, time: number): number {
  return rate * Math.exp(-rate * time);
}

/** Experts that cannot be picked have no clock: every token misses them. */
function settleUnpickable(single: Float64Array, picks: Float64Array): Float64Array {
  return single.map((miss, i) => (picks[i] === 0 ? 1 : Math.min(1, miss)));
}

/** Visits times `t = scale·exp(s - exp(-s))` with their weights and every expert's chance to have rung by then. */
function forEachNode(
  picks: Float64Array,
  active: number,
  visit: (time: number, weight: number, rang: Float64Array) => void,
): void {
  const scale = typicalRing(picks, active);
  const slowest = picks.reduce((least, p) => (p > 0 ? Math.min(least, p) : least), 1);
  const last = Math.log(745 / (slowest * scale)) + 1;
  for (let s = -3.6; s < last; s += quadratureStep) {
    const time = scale * Math.exp(s - Math.exp(-s));
    const weight = quadratureStep * time * (1 + Math.exp(-s));
    visit(
      time,
      weight,
      picks.map((p) => -Math.expm1(-p * time)),
    );
  }
}

/** The time by which `k` experts are expected to have rung, by bisection on its logarithm. */
function typicalRing(picks: Float64Array, active: number): number {
  const pickable = picks.filter((p) => p > 0);
  const wanted = Math.min(active, pickable.length - 0.5);
  let low = 0;
  let high = Math.log(1e6 / pickable.reduce((least, p) => Math.min(least, p), 1));
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    const rang = pickable.reduce((sum, p) => sum - Math.expm1(-p * Math.exp(middle)), 0);
    if (rang < wanted) low = middle;
    else high = middle;
  }
  return Math.exp((low + high) / 2);
}

/** Row `i`: chances that `0..k-1` of the experts before `i` rang. */
function prefixes(rang: Float64Array, active: number): Float64Array {
  const rows = new Float64Array((rang.length + 1) * active);
  rows[0] = 1;
  for (let i = 0; i < rang.length; i++) {
    const from = i * active;
    const to = from + active;
    const p = rang[i]!;
    rows[to] = rows[from]! * (1 - p);
    for (let m = 1; m < active; m++) rows[to + m] = rows[from + m]! * (1 - p) + rows[from + m - 1]! * p;
  }
  return rows;
}

/** Row `i`: chances that at most `0..k-1` of the experts from `i` on rang. */
function suffixTails(rang: Float64Array, active: number): Float64Array {
  const rows = new Float64Array((rang.length + 1) * active);
  rows.fill(1, rang.length * active);
  for (let i = rang.length - 1; i >= 0; i--) {
    const to = i * active;
    const from = to + active;
    const p = rang[i]!;
    rows[to] = rows[from]! * (1 - p);
    for (let m = 1; m < active; m++) rows[to + m] = rows[from + m]! * (1 - p) + rows[from + m - 1]! * p;
  }
  return rows;
}

/** Chance that at least `k` rang of the experts before `end` and from `start` on. */
function reachesWithout(before: Float64Array, after: Float64Array, end: number, start: number, active: number): number {
  let fewer = 0;
  for (let m = 0; m < active; m++) fewer += before[end * active + m]! * after[start * active + active - 1 - m]!;
  return 1 - fewer;
}
