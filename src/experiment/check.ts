import type { Books } from "../observe/request-history.ts";
import { deploymentOf } from "../scenario/deployment.ts";
import type { Scenario } from "../scenario/schema.ts";
import { type Foretold, foretell, predictions } from "../theory/catalogue/predictions.ts";
import { conservation, type LawCheck, littlesLaw, utilisationLaw } from "../theory/predictions/conservation-laws.ts";
import { closedFormPoint } from "./closed-form-point.ts";
import { type Comparison, compared, held, type ShownInterval, shown } from "./comparison.ts";
import type { Running } from "./replications.ts";
import { servingShape } from "./serving-shape.ts";
import type { SteadyFigures } from "./steady-figures.ts";
import { defaultPrecision, type Precision, type Progress, type Study, study } from "./study.ts";

/** A law that every run obeys, in the run that comes nearest to breaking it. */
export interface LawVerdict extends LawCheck {
  readonly holds: boolean;
}

/** A scenario's predictions beside its runs. */
export interface CheckReport {
  readonly scenario: string;
  readonly seed: number | string;
  readonly stability: Study["verdict"];
  /** Why no more runs were made. */
  readonly ended: Study["ended"];
  readonly replications: number;
  readonly requestsMeasured: number;
  readonly warmUpRequests: number;
  /** Runs in which the warm-up could not be told from the rest. */
  readonly unsettled: number;
  readonly confidenceLevel: number;
  /** Probability with which no exact figure is called different that is right. */
  readonly familyLevel: number;
  readonly targets: { readonly meanTpot: number; readonly p99Ttft: number };
  /** Null for an unstable scenario, which has no long-run figures. */
  readonly measured: Readonly<Record<string, ShownInterval>> | null;
  readonly comparisons: readonly Comparison[];
  readonly inapplicable: readonly { readonly prediction: string; readonly why: string }[];
  readonly laws: readonly LawVerdict[];
  /** Whether no exact figure or bound is contradicted, and every law holds. */
  readonly passed: boolean;
}

export interface CheckOptions extends Running {
  readonly precision?: Precision;
  readonly familyLevel?: number;
  readonly onProgress?: (progress: Progress) => void;
}

/** Rounding of sums over a run is allowed for, nothing else. */
const lawTolerance = 1e-9;

/** Predicts a scenario, runs it until its figures are known exactly enough, and compares. */
export async function check(scenario: Scenario, options: CheckOptions = {}): Promise<CheckReport> {
  const { precision = defaultPrecision, familyLevel = 0.99, onProgress } = options;
  const { level } = precision;
  const foretold = foretellScenario(scenario, options);
  const made = await study(scenario, precision, options, onProgress);
  const { runs, figures } = made;
  const isStationary = made.verdict === "stationary";
  const comparisons = compared(isStationary ? held(foretold, figures) : [], familyLevel);
  const laws = lawVerdicts(
    runs.map(({ books }) => books),
    scenario.run.horizon === undefined,
  );
  return {
    scenario: scenario.name,
    seed: scenario.run.seed,
    stability: made.verdict,
    ended: made.ended,
    replications: runs.length,
    requestsMeasured: runs.reduce((sum, { measured }) => sum + measured, 0),
    warmUpRequests: runs.reduce((sum, { warmUp }) => sum + warmUp, 0),
    unsettled: runs.filter(({ settled }) => !settled).length,
    confidenceLevel: level,
    familyLevel,
    targets: { meanTpot: precision.meanTpot, p99Ttft: precision.p99Ttft },
    measured: isStationary ? headline(figures) : null,
    comparisons,
    inapplicable: foretold.flatMap((one) =>
      "inapplicable" in one ? [{ prediction: one.prediction.name, why: one.inapplicable }] : [],
    ),
    laws,
    passed: comparisons.every(({ verdict }) => verdict !== "differs") && laws.every(({ holds }) => holds),
  };
}

/** What every prediction says of a scenario. */
export function foretellScenario(scenario: Scenario, { places = {} }: Running = {}): Foretold[] {
  const deployment = deploymentOf(scenario);
  const shape = servingShape(scenario, deployment, places);
  const queueing =
    typeof shape === "string"
      ? predictions.map((prediction) => ({ prediction, inapplicable: shape }))
      : foretell(shape);
  return [...queueing, closedFormPoint(scenario, deployment, places)];
}

/** The figures of a run that people ask for first, whether or not something predicts them. */
function headline({ mean, quantile, ratio }: SteadyFigures): Record<string, ShownInterval> {
  return {
    meanTtftSeconds: shown(mean("timeToFirstToken")),
    p50TtftSeconds: shown(quantile("timeToFirstToken", 0.5)),
    p99TtftSeconds: shown(quantile("timeToFirstToken", 0.99)),
    meanTpotSeconds: shown(mean("timePerOutputToken")),
    p99TpotSeconds: shown(quantile("timePerOutputToken", 0.99)),
    meanE2eSeconds: shown(mean("sojourn")),
    p99E2eSeconds: shown(quantile("sojourn", 0.99)),
    batch: shown(ratio("batch")),
    queue: shown(ratio("queue")),
    busyShare: shown(ratio("busyShare")),
    requestsPerSecond: shown(ratio("requestsPerSecond")),
    outputTokensPerSecond: shown(ratio("tokensPerSecond")),
    servedShare: shown(ratio("servedShare")),
  };
}

/** Little's law, the utilisation law and conservation in the run where each is furthest from holding. */
export function lawVerdicts(runs: readonly Books[], isDrained: boolean): LawVerdict[] {
  const checks = runs.map((books) => [
    littlesLaw(books.presentSeconds, books.sojournSeconds),
    utilisationLaw(books.busySeconds, books.serviceSeconds),
    conservation({ ...books, unfinished: books.waiting + books.running }),
    ...(isDrained ? [nothingLeft(books)] : []),
  ]);
  return checks[0]!.map((_, law) => {
    const worst = checks.map((one) => one[law]!).reduce((a, b) => (b.relativeGap > a.relativeGap ? b : a));
    return { ...worst, holds: worst.relativeGap <= lawTolerance };
  });
}

/** A run without a horizon ends when nothing is left to do: whoever is still there then was forgotten. */
function nothingLeft({ offered, finished, rejected }: Books): LawCheck {
  const ended = finished + rejected;
  return {
    law: "a run that ends by itself has served everyone",
    left: offered,
    right: ended,
    relativeGap: offered === 0 ? 0 : Math.abs(offered - ended) / offered,
  };
}
