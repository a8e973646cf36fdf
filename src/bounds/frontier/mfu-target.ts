import { UserError } from "../../core/errors.ts";
import { type Architecture, totalParameters } from "../architecture.ts";
import { checkQuestion } from "../check.ts";
import { operatingFigures } from "../closed-form.ts";
import { scaledArchitecture } from "../scaled-architecture.ts";
import { mfuTargetExtent, publishedGrid } from "./grid.ts";
import { type FrontierPoint, questionLatency } from "./published-frontier.ts";
import type { FrontierQuestion } from "./question.ts";

/** How far, in its logarithm, the utilisation may be off its target. */
const tolerance = 0.05;

/** The fastest point of a 100×100 grid whose utilisation is within 5 % of a target (the search of Erdil 2025's code); undefined if none. */
export function fastestAtMfu(question: FrontierQuestion, targetMfu: number): FrontierPoint | undefined {
  checkQuestion(question);
  if (!(targetMfu > 0 && targetMfu <= 1)) {
    throw new UserError("target MFU", `${targetMfu} cannot be used`, "a share above 0, at most 1");
  }
  const { architecture, accelerator, contextTokens } = question;
  const grid = publishedGrid(architecture, accelerator, mfuTargetExtent);
  const seconds = questionLatency(question, grid);
  let best: FrontierPoint | undefined;
  grid.accelerators.forEach((accelerators, row) => {
    grid.batches.forEach((batch, column) => {
      const time = seconds[row * grid.batches.length + column]!;
      if (time >= (best?.secondsPerToken ?? Number.POSITIVE_INFINITY)) return;
      const figures = operatingFigures(architecture, accelerator, accelerators, batch, contextTokens, time);
      if (Math.abs(Math.log(figures.mfu / targetMfu)) > tolerance) return;
      best = { accelerators, batch, ...figures };
    });
  });
  return best;
}

/** A scaled model and how it is served at the target utilisation. */
export interface ScaledModel {
  readonly factor: number;
  readonly architecture: Architecture;
  readonly parameters: number;
  readonly point: FrontierPoint;
}

/**
 * The largest scaling of a model that is still served at a speed with a target utilisation: halves the range of factors
 * from 1e-4 to 1e4 in its logarithm until it is known to 1 % of a decade (the search of Erdil 2025's code); undefined if none is.
 */
export function largestModelAt(
  question: FrontierQuestion,
  targetMfu: number,
  tokensPerSecondPerRequest: number,
): ScaledModel | undefined {
  let low = -4;
  let high = 4;
  let found: ScaledModel | undefined;
  while (high - low > 1e-2) {
    const middle = (low + high) / 2;
    const factor = 10 ** middle;
    const architecture = scaledArchitecture(question.architecture, factor);
    const point = architecture.layers < 1 ? undefined : fastestAtMfu({ ...question, architecture }, targetMfu);
    // Too small to exist, or too slow: only the latter sets a bound from above.
    const tooSlow = architecture.layers >= 1 && (point?.tokensPerSecondPerRequest ?? 0) < tokensPerSecondPerRequest;
    if (tooSlow) high = middle;
    else low = middle;
    if (point !== undefined && !tooSlow) {
      found = { factor, architecture, parameters: totalParameters(architecture), point };
    }
  }
  return found;
}
