import { UserError } from "../../core/errors.ts";
import { certain, type IntegerLaw, trimmed } from "./integer-law.ts";
import { type MissTerms, stepCorrelation } from "./persistence.ts";

/** A layer's routing: each token draws `active` distinct experts of `experts`. */
export interface Routing {
  readonly experts: number;
  readonly active: number;
}

/** Throws a `UserError` unless both are whole and `1 ≤ active ≤ experts`. */
export function checkedRouting(routing: Routing): Routing {
  const { experts, active } = routing;
  const whole = Number.isInteger(experts) && Number.isInteger(active);
  if (!whole || active < 1 || active > experts) {
    throw new UserError(
      "moe",
      `a token cannot draw ${active} distinct of ${experts} experts`,
      "1 ≤ active ≤ experts, whole",
    );
  }
  return routing;
}

/** Exact mean number of distinct experts among `tokens` uniform draws: `E·(1 - (1 - k/E)^T)`; `tokens` may be fractional. */
export function meanDistinct({ experts, active }: Routing, tokens: number): number {
  return -experts * Math.expm1(tokens * Math.log1p(-active / experts));
}

/**
 * Exact variance of the number of distinct experts among `tokens` uniform draws, without cancellation:
 * `E·q^T·(1 - q^T + (E-1)·q^T·expm1(T·log1p(-k/((E-1)(E-k)))))` with `q = 1 - k/E`, from the chance
 * `(E-k)(E-k-1)/(E(E-1))` that a token misses two given experts.
 */
export function varianceDistinct({ experts, active }: Routing, tokens: number): number {
  if (active === experts || tokens <= 1) return 0;
  const missed = Math.exp(tokens * Math.log1p(-active / experts));
  const dependence = Math.expm1(tokens * Math.log1p(-active / ((experts - 1) * (experts - active))));
  return Math.max(0, experts * missed * (1 - missed + (experts - 1) * missed * dependence));
}

/** The paper's share of experts touched, `1 - (1 - 1/floor(E/k))^T` (section 4 of the published traffic formula). */
export function publishedShare({ experts, active }: Routing, tokens: number): number {
  return 1 - (1 - 1 / Math.floor(experts / active)) ** tokens;
}

/** Relative error of the published share against the exact mean share; zero where `k` divides `E`. */
export function publishedShareError(routing: Routing, tokens: number): number {
  return (publishedShare(routing, tokens) * routing.experts) / meanDistinct(routing, tokens) - 1;
}

/** How many distinct experts of one layer a number of tokens touch. */
export interface Occupancy {
  readonly routing: Routing;
  /** From this many tokens on the law no longer changes, but for a chance below 1e-12. */
  readonly saturationTokens: number;
  mean(tokens: number): number;
  variance(tokens: number): number;
  /** The whole law, for a whole number of tokens. */
  law(tokens: number): IntegerLaw;
  /** Correlation with the next step, where each sequence keeps its experts with chance `persistence`. */
  correlation(sequences: number, persistence: number): number;
}

/** The `saturationTokens` of so many experts that may be touched, the rarest of which a token misses with this chance. */
export function saturatedFrom(experts: number, rarestMiss: number): number {
  return rarestMiss === 0 ? 1 : Math.ceil(Math.log(1e-12 / experts) / Math.log(rarestMiss));
}

const checkpointTokens = 32;

/**
 * The group-drawing occupancy law by its Markov chain: a token that finds `d` experts touched adds `j` new ones with
 * probability `C(E-d, j)·C(d, k-j)/C(E, k)`. All terms are positive, so nothing cancels (unlike inclusion and exclusion).
 * Every 32nd law is kept: memory stays below `saturationTokens/32` laws, and a law costs at most 32 steps of `E·k`.
 */
export function uniformOccupancy(routing: Routing): Occupancy {
  const { experts, active } = checkedRouting(routing);
  const advance = transition(routing);
  const checkpoints: IntegerLaw[] = [certain(0)];
  const saturationTokens = saturatedFrom(experts, 1 - active / experts);
  const step = (law: IntegerLaw, times: number) => {
    let next = law;
    for (let i = 0; i < times; i++) next = advance(next);
    return next;
  };
  return {
    routing,
    saturationTokens,
    mean: (tokens) => meanDistinct(routing, tokens),
    variance: (tokens) => varianceDistinct(routing, tokens),
    law(tokens) {
      checkTokens(tokens);
      if (tokens >= saturationTokens) return certain(experts);
      const checkpoint = Math.floor(tokens / checkpointTokens);
      while (checkpoints.length <= checkpoint) checkpoints.push(step(checkpoints.at(-1)!, checkpointTokens));
      return step(checkpoints[checkpoint]!, tokens % checkpointTokens);
    },
    correlation: (sequences, persistence) => stepCorrelation(uniformTerms(routing), sequences, persistence),
  };
}

function uniformTerms({ experts, active }: Routing): MissTerms {
  const miss = 1 - active / experts;
  const both = experts > 1 ? Math.max(0, (miss * (experts - active - 1)) / (experts - 1)) : 0;
  return {
    count: Float64Array.of(experts, experts * (experts - 1)),
    together: Float64Array.of(miss, both),
    apart: Float64Array.of(miss * miss, miss * miss),
  };
}

/** Throws a `UserError` unless `tokens` is a whole number ≥ 0. */
export function checkTokens(tokens: number): void {
  if (!Number.isInteger(tokens) || tokens < 0) {
    throw new UserError("moe.tokens", `${tokens} is not a number of tokens`, "whole, ≥ 0");
  }
}

function transition({ experts, active }: Routing): (law: IntegerLaw) => IntegerLaw {
  const rows: (Float64Array | undefined)[] = new Array(experts + 1);
  return ({ first, probabilities }) => {
    const next = new Float64Array(probabilities.length + active);
    for (let i = 0; i < probabilities.length; i++) {
      const touched = first + i;
      const row = rows[touched] ?? newExperts(experts, active, touched);
      rows[touched] = row;
      for (let j = 0; j < row.length; j++) next[i + j]! += probabilities[i]! * row[j]!;
    }
    return trimmed({ first, probabilities: next });
  };
}

/** Hypergeometric chances of `0..k` new experts, scaled from the largest term outwards so that nothing overflows. */
function newExperts(experts: number, active: number, touched: number): Float64Array {
  const chances = new Float64Array(active + 1);
  const untouched = experts - touched;
  const least = Math.max(0, active - touched);
  const most = Math.min(active, untouched);
  const ratio = (j: number) => ((untouched - j) * (active - j)) / ((j + 1) * (touched - active + j + 1));
  const mode = Math.min(most, Math.max(least, Math.floor(((untouched + 1) * (active + 1)) / (experts + 2))));
  chances[mode] = 1;
  for (let j = mode; j < most; j++) chances[j + 1] = chances[j]! * ratio(j);
  for (let j = mode; j > least; j--) chances[j - 1] = chances[j]! / ratio(j - 1);
  const sum = chances.reduce((total, x) => total + x, 0);
  return chances.map((x) => x / sum);
}
